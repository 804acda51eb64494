// Is this process still poller N? Its PID file says so, which is looked at after every event, and
// whenever something in run_dir changes. Without an id nobody can take its place.
//
// A PID file that is gone from its directory is a word to leave. A directory that is gone, emptied,
// or another one under the same path is not: then the poller is to be started anew.
#pragma once

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "poller/life/pid_file.hpp"
#include "poller/timer.hpp"
#include "poller/watch.hpp"

namespace actiond {

// A descriptor that becomes readable when something in the directory changes; none: there is no
// such thing to be had.
UniqueFd watch_directory(const std::filesystem::path& directory);

class Tenure {
 public:
  using WatchDirectory = std::function<UniqueFd(const std::filesystem::path& directory)>;

  // Not yet begun. `io` and `clock` must outlive it; `run_dir` must exist when it begins.
  Tenure(boost::asio::io_context& io, Clock& clock, const std::filesystem::path& run_dir,
         std::optional<int> id, WatchDirectory watch_directory = actiond::watch_directory);

  // From now on this process is poller N; tells who was it before, if that lives. Fails if the PID
  // file can't be written, or belongs to one that is alive elsewhere. Waits for a lock that others
  // hold for microseconds.
  Result<std::optional<PidRecord>> begin();
  // Somebody who lives is poller N, before this process begins to be.
  bool is_anybody_there() const;
  // Lets a change in run_dir wake the loop.
  void arm();
  // An event has ended: time for a look. One is for all that end in the same turn.
  void event_ended() { is_look_due_ = true; }
  // The PID file names another, or is gone for good. To be asked each turn: looks only when it is
  // time to, and once.
  bool is_over();
  // The same, looking now.
  bool look();
  // The PID file is missing, and it is not known yet why: nothing new is to begin.
  bool is_in_doubt() const { return doubt_ == Doubt::Open; }
  // Run_dir is another directory, or none. To be asked each turn: true when that is noticed, and
  // every few seconds while it lasts.
  bool has_moved();
  // The one that was there is gone for good.
  bool is_homeless() const { return pid_file_ && pid_file_->is_homeless(); }
  // Removes the PID file if it is still this process's.
  void end();

  // Only with an id.
  const std::filesystem::path& path() const { return pid_file_->path(); }
  // Who is poller N by its PID file, wherever that is now.
  std::optional<PidRecord> successor() const { return read_pid_file(path()); }

 private:
  // Whether a PID file that is missing is a word to leave.
  enum class Doubt { None, Open, Settled };

  bool drain_changes();
  void look_later();
  void look_at_directory();
  void touch_later();

  boost::asio::io_context& io_;
  std::filesystem::path run_dir_;
  WatchDirectory watch_directory_;
  std::optional<PidFile> pid_file_;
  std::unique_ptr<Timer> timer_, doubt_timer_, touch_timer_;
  UniqueFd changes_;
  std::unique_ptr<Watch> watch_;
  bool has_begun_ = false;
  bool is_look_due_ = false;
  Doubt doubt_ = Doubt::None;
  bool is_move_due_ = false;
  int seconds_adrift_ = 0;
};

}  // namespace actiond
