#include "client/sqlite/address.hpp"

#include <filesystem>

namespace action {
namespace {

constexpr std::string_view kScheme = "sqlite:";

}  // namespace

bool is_queue_file(std::string_view address) {
  return address.starts_with(kScheme);
}

Result<std::string> queue_file_of(std::string_view address) {
  const std::string path(address.substr(kScheme.size()));
  if (path.empty()) return Error{"the address 'sqlite:' names no file: write sqlite:queue.db"};
  if (path == ":memory:" || path.ends_with('/') || path.find('\0') != std::string::npos)
    return Error{"the address '" + std::string(kScheme) + path.c_str() +
                 "' names no file: write sqlite:queue.db"};
  return path;
}

bool is_same_file(const std::string& one, const std::string& other) {
  std::error_code absent;
  return std::filesystem::weakly_canonical(one, absent) ==
         std::filesystem::weakly_canonical(other, absent);
}

}  // namespace action
