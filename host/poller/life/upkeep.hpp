// Sees to it that the broker has what the application needs: looks now and then, because
// policies delete queues without a word, and soon after something was found missing. It takes a
// connection of its own, which blocks, so it happens in a thread of its own; what it came to is
// handed over in the loop's.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "poller/timer.hpp"

namespace actiond {

class Upkeep {
 public:
  // See tend_broker. Called in a thread of its own, which may outlive everything but the process:
  // it must own what it uses.
  using Tend = std::function<Result<std::vector<std::string>>()>;
  // Called in the loop's thread.
  using OnTended = std::function<void(const Result<std::vector<std::string>>& tended)>;

  // `io` and `clock` must outlive it. Without a `tend` it does nothing.
  Upkeep(boost::asio::io_context& io, Clock& clock, Tend tend, OnTended on_tended);
  // A look that is under way goes on, and tells nobody.
  ~Upkeep();
  Upkeep(const Upkeep&) = delete;
  Upkeep& operator=(const Upkeep&) = delete;

  // There is a broker: looks after 10 s, 20 s, … and then every three minutes.
  void begin();
  // Something is missing: looks now; again and again, after waits that grow from 1 s to 1 min.
  void soon();
  // There is no broker. What is under way is not told any more.
  void stop();

  // As Connector::is_any_trying.
  static bool is_any_looking();

 private:
  struct Loop;

  void look();
  void ended(const Result<std::vector<std::string>>& tended);

  Tend tend_;
  OnTended on_tended_;
  std::unique_ptr<Timer> timer_;
  std::shared_ptr<Loop> loop_;
  std::shared_ptr<bool> is_wanted_ = std::make_shared<bool>(false);  // what is under way
  bool is_looking_ = false;
  bool is_asked_ = false;         // to look once more
  std::chrono::seconds wait_{0};  // until the next look
  std::chrono::seconds rest_{0};  // after the last look, before one that is asked for
};

}  // namespace actiond
