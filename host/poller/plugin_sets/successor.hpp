// A poller that starts its own successor, by the command that an operator would type: `actiond
// start --id N`. That process does all the rest, and says whether it worked.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/child_process.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"

namespace actiond {

class Successor {
 public:
  using OnEnd = std::function<void(const Result<void>& started)>;

  // `words` stand behind the program's name. `on_end` is called in the loop, once, when it has
  // started or was refused: then with the reason.
  static Result<std::unique_ptr<Successor>> start(boost::asio::io_context& io,
                                                  std::vector<std::string> words, OnEnd on_end);
  // Gives up on it, if it has not started yet.
  ~Successor();
  Successor(const Successor&) = delete;
  Successor& operator=(const Successor&) = delete;

 private:
  Successor(boost::asio::io_context& io, ChildProcess process, UniqueFd output, OnEnd on_end);
  void listen();
  void end();

  boost::asio::posix::stream_descriptor output_;
  ChildProcess process_;
  OnEnd on_end_;
  std::string text_;
  std::shared_ptr<bool> is_wanted_ = std::make_shared<bool>(true);
  char part_[1024];
};

}  // namespace actiond
