#include "poller/delivery/quiet.hpp"

#include <fmt/format.h>

#include "base/files.hpp"

namespace actiond {

std::filesystem::path quiet_path(const std::filesystem::path& run_dir, int id) {
  return run_dir / fmt::format("poller.{}.quiet", id);
}

Quiet::Quiet(const std::filesystem::path& run_dir, std::optional<int> id) {
  if (id) path_ = quiet_path(run_dir, *id);
  read();
}

Result<void> Quiet::set(bool is_quiet) {
  std::error_code error;
  if (!path_.empty() && is_quiet) {
    if (auto kept = replace_file(path_, "", 0640); !kept) return kept;
  } else if (!path_.empty()) {
    std::filesystem::remove(path_, error);
    if (error) return Error{fmt::format("can't remove {}: {}", path_.native(), error.message())};
  }
  is_quiet_ = is_quiet;
  return {};
}

void Quiet::read() {
  std::error_code error;  // what can't be looked at is not there
  if (!path_.empty()) is_quiet_ = std::filesystem::exists(path_, error);
}

}  // namespace actiond
