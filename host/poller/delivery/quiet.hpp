// Whether a poller was told to take nothing new. run_dir remembers it, so a successor is quiet as
// well, and a poller that starts later, until somebody says resume.
#pragma once

#include <filesystem>
#include <optional>

#include "base/result.hpp"

namespace actiond {

// "run_dir/poller.3.quiet": it is there while poller 3 is to be quiet.
std::filesystem::path quiet_path(const std::filesystem::path& run_dir, int id);

class Quiet {
 public:
  // Without an id nothing is remembered.
  Quiet(const std::filesystem::path& run_dir, std::optional<int> id);

  bool is_quiet() const { return is_quiet_; }
  // Fails, and changes nothing, if run_dir can't remember it.
  Result<void> set(bool is_quiet);
  // As run_dir has it: another process may have been told meanwhile.
  void read();

 private:
  std::filesystem::path path_;  // empty: none
  bool is_quiet_ = false;
};

}  // namespace actiond
