// A runner as a child process: born from the runner_program, spoken to over a socketpair,
// watched by pidfd, killed by it. It knows nothing of events; see RunnerSlot.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/child_process.hpp"
#include "base/clock.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "poller/runners/hand_page.hpp"
#include "wire/crash_text.hpp"
#include "wire/frames.hpp"
#include "wire/progress.hpp"

namespace actiond {

class RunnerProcess {
 public:
  // Starts the runner_program with this process's environment but for those variables, and
  // with one of its own. It dies with the thread that called this.
  static Result<RunnerProcess> spawn(const std::vector<std::string>& hidden_variables = {});
  // The same, and what it has in hand is there for others to see, should this process die.
  static Result<RunnerProcess> spawn_with(HandPage hand,
                                          const std::vector<std::string>& hidden_variables);

  // A child of this process that was started in another way; `mark` is the variable of its
  // environment by which what it starts is known, empty: none.
  RunnerProcess(ChildProcess child, UniqueFd socket, Progress progress, std::string mark = {},
                std::optional<HandPage> hand = std::nullopt);
  // Kills it and what it has started if it still lives, and reaps it, soon or later.
  ~RunnerProcess();
  RunnerProcess(RunnerProcess&&) noexcept = default;

  pid_t pid() const { return child_.pid(); }
  // Readable when frames have come; never blocks.
  int socket() const { return socket_->get(); }
  // Readable when the process has ended. The truth about it: a grandchild may keep the socket open.
  int pidfd() const { return child_.pidfd(); }
  // Both, for whoever watches them longer than this lives: with many runners each descriptor
  // counts.
  std::shared_ptr<const UniqueFd> shared_socket() const { return socket_; }
  std::shared_ptr<const UniqueFd> shared_pidfd() const { return child_.shared_pidfd(); }
  Progress& progress() { return progress_; }
  const Progress& progress() const { return progress_; }

  // What it wrote when it crashed; see wire/crash_text.hpp.
  std::string crash_text() const {
    return actiond::crash_text(hand_ ? hand_->fd() : progress_.fd());
  }

  // It is about to be sent this run, of the event with that mark.
  void hand(std::uint64_t run, std::uint64_t mark) {
    if (hand_) hand_->hand(run, mark);
  }

  template <typename FrameType>
  void add(const FrameType& frame) {
    encode(output_, frame);
  }
  // Writes what the socket takes now; true if all of it. A runner that is gone takes everything.
  bool flush();
  bool has_output() const { return !output_.empty(); }
  // Bytes, since its birth.
  std::uint64_t sent() const { return sent_; }

  // Reads what has come, up to a bound per call; true if there may be more. Then take frames.
  bool receive();
  // As many in a row, and whoever reads looks at what else is to be done: it may never end.
  static constexpr int kMostReads = 16;
  // Its end of the socket is closed: nothing more will come, and the socket is always readable.
  bool has_hung_up() const { return has_hung_up_; }
  Result<std::optional<Frame>> next_frame() { return input_.next(); }

  // Asks it to end after what it has been given; what it has started may go on then.
  void stop();
  void kill(MonotonicTime now);
  // The first time.
  std::optional<MonotonicTime> killed_at() const { return killed_at_; }
  // How it ended; nothing while it lives. Does not block. What it has started is killed, unless it
  // ended as it was asked to. One that was killed long ago is given up (`is_overdue`).
  std::optional<ExitStatus> reap(bool is_overdue = false);

 private:
  std::optional<HandPage> hand_;  // goes after the process has
  ChildProcess child_;
  std::string mark_;  // a variable that all its children inherit
  std::shared_ptr<const UniqueFd> socket_;
  Progress progress_;
  FrameBuffer input_;
  std::string output_;
  std::size_t written_ = 0;  // of output_
  std::uint64_t sent_ = 0;
  bool has_hung_up_ = false;
  bool is_to_stop_ = false;
  std::optional<MonotonicTime> killed_at_;
};

}  // namespace actiond
