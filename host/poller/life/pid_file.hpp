// The PID file of a poller with an id: who is that poller. The way in which code is swapped: a
// poller that finds another's name there, or none, takes no further message and leaves.
//
// First line: the pid. Second line: a nonce, "<start time of the process>-<random>", which tells
// the process from a later one of the same pid. Written by rename under a lock on a separate file
// that is never removed, so that nobody ever removes a successor's file.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

#include "base/child_process.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"

namespace actiond {

struct PidRecord {
  pid_t pid = 0;
  std::string nonce;
  bool operator==(const PidRecord&) const = default;
};

// "/run/actiond/poller.3.pid"
std::filesystem::path pid_path(const std::filesystem::path& run_dir, int id);

// What the file says; nothing if it is not there or can't be understood.
std::optional<PidRecord> read_pid_file(const std::filesystem::path& path);

// The process that the record means, as a pidfd; none if that process is gone, whoever has its pid
// now.
UniqueFd open_process(const PidRecord& record);

// Removes the PID file of that id if it still holds that record. Failures leave it there, which
// harms nobody.
void remove_pid_file(const std::filesystem::path& run_dir, int id, const PidRecord& record);

class PidFile {
 public:
  // Not yet written. `run_dir` must exist.
  PidFile(const std::filesystem::path& run_dir, int id);

  const std::filesystem::path& path() const { return path_; }

  // Writes this process there, whoever was there before. Waits for the lock, which others hold for
  // microseconds.
  Result<void> write_mine();

  // Is this process still the one? Costs a stat; the content is read when that shows a change.
  bool is_mine();

  // Removes the file if it is still this process's. Failures leave it there, which harms nobody.
  void remove_if_mine();

 private:
  bool same_file(const struct stat& now) const;

  std::filesystem::path run_dir_;
  int id_;
  std::filesystem::path path_;
  PidRecord mine_;
  struct stat seen_ {};
  bool was_mine_ = false;
};

}  // namespace actiond
