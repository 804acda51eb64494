#include "client/named_bell.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>

#include "client/shared_file.hpp"

namespace action {
namespace {

constexpr mode_t kForAll = 0666;  // to ring it is to make somebody look, and no more

// The same in every program.
std::uint64_t fnv1a_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

}  // namespace

NamedBell::NamedBell(std::string_view database)
    : path_(fmt::format("/dev/shm/action-{:016x}-bell", fnv1a_of(database))),
      fd_(open_shared_file(path_, kForAll)) {}

NamedBell::~NamedBell() {
  if (fd_ >= 0) ::close(fd_);
}

void NamedBell::ring() const {
  [[maybe_unused]] const auto written = ::pwrite(fd_, "", 1, 0);
}

}  // namespace action
