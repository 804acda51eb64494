// Sees to it that the broker has what the application needs: looks now and then, because
// policies delete queues without a word, and soon after something was found missing. After a look
// for which nobody asked it also tries whether what is to run later comes. Both take a connection
// of their own, which blocks, so they happen in threads of their own; what they came to is handed
// over in the loop's.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
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
  // See try_delays. Called as Tend is.
  using Try = std::function<Result<std::optional<std::string>>()>;
  struct Work {
    Tend tend;
    Try try_delays;
  };
  // Both are called in the loop's thread. `overdue` is why what is to run later does not come any
  // more; empty: it comes again.
  using OnTended = std::function<void(const Result<std::vector<std::string>>& tended)>;
  using OnOverdue = std::function<void(const std::string& overdue)>;

  // `io` and `clock` must outlive it. Without a `tend` it does nothing.
  Upkeep(boost::asio::io_context& io, Clock& clock, Work work, OnTended on_tended,
         OnOverdue on_overdue);
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

  // What on_overdue was told last.
  const std::string& overdue() const { return overdue_; }

  // As Connector::is_any_trying.
  static bool is_any_looking();

 private:
  struct Loop;

  template <typename Chore, typename Done>
  void begin_thread(Chore chore, Done done);
  void look();
  void ended(const Result<std::vector<std::string>>& tended);
  void try_delays();
  void tried(const Result<std::optional<std::string>>& overdue);

  Work work_;
  OnTended on_tended_;
  OnOverdue on_overdue_;
  std::unique_ptr<Timer> timer_;
  std::shared_ptr<Loop> loop_;
  std::shared_ptr<bool> is_wanted_ = std::make_shared<bool>(false);  // what is under way
  bool is_looking_ = false;
  bool is_trying_ = false;  // the delays
  bool is_asked_ = false;   // to look once more
  std::string overdue_;
  std::chrono::seconds wait_{0};  // until the next look
  std::chrono::seconds rest_{0};  // after the last look, before one that is asked for
};

}  // namespace actiond
