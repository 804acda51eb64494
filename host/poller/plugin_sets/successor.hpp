// A poller that starts its own successor, by the command that an operator would type: `actiond
// start --id N`. That process does all the rest, and says whether it worked.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/child_process.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "poller/timer.hpp"

namespace actiond {

class Successor {
 public:
  using OnEnd = std::function<void(const Result<void>& started)>;

  // `words` stand behind the program's name. `on_end` is called in the loop, once, when it has
  // started, was refused, or has taken longer than `limit`: then with the reason.
  static Result<std::unique_ptr<Successor>> start(boost::asio::io_context& io, Clock& clock,
                                                  std::chrono::milliseconds limit,
                                                  std::vector<std::string> words, OnEnd on_end);
  // Gives up on it, if it has not started yet: kills it, and does not wait for its end. What it has
  // started ends with it.
  ~Successor();
  Successor(const Successor&) = delete;
  Successor& operator=(const Successor&) = delete;

 private:
  Successor(boost::asio::io_context& io, Clock& clock, ChildProcess process, UniqueFd output,
            OnEnd on_end);
  void limit(std::chrono::milliseconds limit);
  void listen();
  void await_end();
  void end(const Result<void>& started);

  boost::asio::posix::stream_descriptor output_;
  boost::asio::posix::stream_descriptor ended_;  // its pidfd, which is the process_'s
  ChildProcess process_;
  std::unique_ptr<Timer> timer_;
  OnEnd on_end_;
  std::string text_;
  std::shared_ptr<bool> is_wanted_ = std::make_shared<bool>(true);
  char part_[1024];
};

}  // namespace actiond
