// Is this process still poller N? Its PID file says so, which is looked at after every event, and
// whenever something in run_dir changes. Without an id nobody can take its place.
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

  // From now on this process is poller N, whoever was it before. Fails if the PID file can't be
  // written. Waits for a lock that others hold for microseconds.
  Result<void> begin();
  // Lets a change in run_dir wake the loop.
  void arm();
  // An event has ended: time for a look. One is for all that end in the same turn.
  void event_ended() { is_look_due_ = true; }
  // The PID file names another, or is gone. To be asked each turn: looks only when it is time to,
  // and once.
  bool is_over();
  // The same, looking now.
  bool look();
  // Removes the PID file if it is still this process's.
  void end();

  // Only with an id.
  const std::filesystem::path& path() const { return pid_file_->path(); }

 private:
  bool drain_changes();
  void look_later();

  boost::asio::io_context& io_;
  std::filesystem::path run_dir_;
  WatchDirectory watch_directory_;
  std::optional<PidFile> pid_file_;
  std::unique_ptr<Timer> timer_;
  UniqueFd changes_;
  std::unique_ptr<Watch> watch_;
  bool has_begun_ = false;
  bool is_look_due_ = false;
};

}  // namespace actiond
