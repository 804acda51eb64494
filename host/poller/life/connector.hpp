// Gets a connection to the broker, and gets it again whenever it is lost: with growing waits,
// saying once that it is gone and once that it is back. Connecting blocks, so it happens in a
// thread of its own; the result is handed over in the loop's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <thread>

#include "base/config/config.hpp"
#include "broker/broker.hpp"

namespace actiond {

class Connector {
 public:
  // Called in the loop's thread with what an attempt came to.
  using OnAttempt = std::function<void(Result<std::unique_ptr<Broker>> attempt)>;

  // `config` must outlive it.
  Connector(boost::asio::io_context& io, const Config& config, std::string name,
            OnAttempt on_attempt);
  // Waits for an attempt that is under way, a few seconds at most.
  ~Connector();

  // Makes one attempt, at once or after the wait that has grown with failures since `succeeded`.
  void attempt();
  void attempt_later();
  void succeeded() { failures_ = 0; }
  void stop();

 private:
  boost::asio::io_context& io_;
  const Config& config_;
  std::string name_;
  OnAttempt on_attempt_;
  boost::asio::steady_timer timer_;
  std::thread thread_;
  std::shared_ptr<bool> is_wanted_ = std::make_shared<bool>(true);
  int failures_ = 0;
};

}  // namespace actiond
