// The PID file of a poller with an id: who is that poller. The way in which code is swapped: a
// poller that finds another's name there, or none, takes no further message and leaves.
//
// First line: the pid. Second line: a nonce, "<start time of the process>-<random>", which tells
// the process from a later one of the same pid. Third line: where that process is, "host NAME
// namespace INODE boot ID". Written by rename under a lock on a separate file that is never
// removed, so that nobody ever removes a successor's file.
//
// Its poller holds a flock on it for as long as it lives. Unlike a pid that is understood in every
// container that shares the directory, and by every machine if its file system passes locks on.
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

// Where a process is: what its pid means depends on that.
struct Whereabouts {
  std::string host;
  std::string pid_namespace;  // its inode's number
  std::string boot;           // the machine since it was started
  bool operator==(const Whereabouts&) const = default;

  // Do both see the same processes under the same numbers?
  bool is_same_place(const Whereabouts& other) const {
    return pid_namespace == other.pid_namespace && boot == other.boot;
  }
};
// Of this process. What /proc does not tell is "-".
Whereabouts this_place();

struct PidRecord {
  pid_t pid = 0;
  std::string nonce;
  std::optional<Whereabouts> where = {};  // none: of an earlier version, or written by hand
  bool operator==(const PidRecord&) const = default;

  bool is_elsewhere() const { return where && !where->is_same_place(this_place()); }
};

// "/run/actiond/poller.3.pid"
std::filesystem::path pid_path(const std::filesystem::path& run_dir, int id);

// What the file says; nothing if it is not there or can't be understood.
std::optional<PidRecord> read_pid_file(const std::filesystem::path& path);

// Does the poller that the file names live, wherever it is? It holds the file; one of an earlier
// version, which does not, is looked for by its pid.
bool is_alive(const std::filesystem::path& path, const PidRecord& record);

// The process that the record means, as a pidfd; none if that process is gone, whoever has its pid
// now, and none if it is elsewhere.
UniqueFd open_process(const PidRecord& record);

// "pid 4711", and " on host web-2" behind it if that is elsewhere: for people.
std::string name_of(const PidRecord& record);

// Removes the PID file of that id if it still holds that record. Failures leave it there, which
// harms nobody.
void remove_pid_file(const std::filesystem::path& run_dir, int id, const PidRecord& record);

// What a look at the PID file showed.
enum class Standing {
  Mine,
  Replaced,  // it names another
  Removed,   // it is not there
};

class PidFile {
 public:
  // Not yet written. `run_dir` must exist.
  PidFile(const std::filesystem::path& run_dir, int id);

  const std::filesystem::path& path() const { return path_; }

  // Writes this process there, and tells whose place it has taken: nothing if nobody who lives was
  // there. Fails, with a sentence, if a poller is there that is alive elsewhere, in another
  // container or on another machine: the two would replace each other for ever. Waits for the
  // lock, which others hold for microseconds, and fails after `wait`. From now on the directory is
  // held open, and looked into by that, wherever its path leads; a shared lock on it keeps
  // systemd-tmpfiles out.
  Result<std::optional<PidRecord>> write_mine(
      std::chrono::milliseconds wait = std::chrono::seconds(10));

  // Is this process still the one? Costs a stat; the content is read when that shows a change.
  Standing look();
  // It changed, and could not be read since: it is to be looked at again.
  bool is_unread() const { return is_unread_; }

  // Run_dir's path leads to another directory now, or nowhere; or somebody empties the one that was
  // there: then a PID file that is missing tells nothing.
  bool is_adrift() const;
  // Nobody can find the directory any more: it was removed.
  bool is_homeless() const;

  // Makes the files of this poller look used, to whoever removes those that are not.
  void touch() const;

  // Removes the file if it is still this process's. Failures leave it there, which harms nobody.
  void remove_if_mine();

 private:
  bool same_file(const struct stat& now) const;
  bool is_gone(const std::filesystem::path& path) const;
  bool can_be_read(const std::string& name) const;  // of the directory that is held
  std::filesystem::path held_directory() const;

  std::filesystem::path run_dir_;
  int id_;
  std::filesystem::path path_;
  PidRecord mine_;
  UniqueFd directory_;  // since it was written
  UniqueFd held_;       // the file, as it was written
  struct stat seen_ {};
  bool is_unread_ = false;
  bool was_mine_ = false;
};

}  // namespace actiond
