// Tries to get a connection to the broker: now, or after a wait that grows with each failure.
// Connecting blocks, so it happens in a thread of its own; the result is handed over in the loop's.
// Nobody waits for that thread: at the end of the connector it is left to itself.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

#include "broker/broker.hpp"
#include "poller/timer.hpp"

namespace actiond {

// Gets a connection, however long it takes. Called in a thread of its own, which may outlive
// everything but the process: it must own what it uses.
using Connect = std::function<Result<std::unique_ptr<Broker>>()>;

class Connector {
 public:
  // Called in the loop's thread with what a try came to.
  using OnTried = std::function<void(Result<std::unique_ptr<Broker>> tried)>;

  // `io` and `clock` must outlive it.
  Connector(boost::asio::io_context& io, Clock& clock, Connect connect, OnTried on_tried);
  // A try that is under way goes on, and tells nobody.
  ~Connector();
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

  // Tries once, at once or after the wait that has grown with failures since `succeeded`, but not
  // before `least`.
  void connect();
  void connect_later(std::chrono::milliseconds least = {});
  void succeeded() { failures_ = 0; }
  void stop();

  // A try is under way in this process, of whichever connector: the process must end by _exit, for
  // what exit ends may be in use.
  static bool is_any_trying();

 private:
  struct Loop;

  Connect connect_;
  OnTried on_tried_;
  std::unique_ptr<Timer> timer_;
  std::shared_ptr<Loop> loop_;
  std::shared_ptr<bool> is_wanted_ = std::make_shared<bool>(true);
  int failures_ = 0;
};

}  // namespace actiond
