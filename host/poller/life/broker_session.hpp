// A broker, or getting one: connects, connects again when the connection is lost, keeps its
// heartbeat, and logs an outage. Connections that end within a second for the same reason are one
// outage, and the waits between them grow.
//
// A consumer that the broker has lost looks like an empty queue. So after a minute without anything
// to do the broker is asked about every queue, and if one has something after all, the connection
// is given up for a new one.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "broker/broker.hpp"
#include "poller/life/connector.hpp"
#include "poller/life/pause_watch.hpp"
#include "poller/life/session_log.hpp"
#include "poller/life/upkeep.hpp"
#include "poller/timer.hpp"
#include "poller/watch.hpp"

namespace actiond {

// What it tells the poller.
struct SessionEvents {
  // A broker is there; `epoch` is 1 for the first one, 2 for the next …
  std::function<void(Broker& broker, std::uint64_t epoch)> on_connected;
  // It is gone, and every tag that it gave out is void.
  std::function<void()> on_lost;
  // None was to be had. False: it is not to be tried again.
  std::function<bool(const Error& why)> on_unreachable;
  // From time to time, while there is one.
  std::function<void()> on_heartbeat;
  // If nothing has been to do for so long, asks the broker about every queue. False: there was.
  std::function<bool(std::chrono::seconds silence)> ask_if_idle;
};

class BrokerSession {
 public:
  // `io`, `clock` and `log` must outlive it.
  BrokerSession(boost::asio::io_context& io, Clock& clock, Log& log, Connect connect,
                SessionEvents events, Upkeep::Tend tend = {});

  // Begins to connect.
  void connect() { connector_.connect(); }
  // Lets what the broker sends wake the loop, and room for what waits to be sent to it. Whoever has
  // enough to do is not woken a second time for what can wait until the next turn.
  void arm(bool has_enough = false);
  // Takes what has come.
  void receive(BrokerListener& listener);
  // Sends what was gathered.
  void flush();

  // The connection is of no use any more. Without one: nothing happens.
  void lose(const Error& why);
  // The broker lacks something that the application needs: it is made anew.
  void tend() {
    if (!is_stopped_) upkeep_.soon();
  }
  // Somebody says that a queue was paused, or resumed: looks now.
  void look_at_pauses() { pauses_.soon(); }
  // By our own choice: what has ended by now is settled first, or it would run again.
  void leave(const Error& why);
  // An event came by itself, or only because the broker was asked.
  void heard(bool is_answer);
  // Leaves the broker if it has lost a consumer: to cancel what it has forgotten, RabbitMQ 3.10
  // answers by closing the connection.
  void leave_if_consumer_lost();

  // Does not connect any more, and has nothing to say of a loss.
  void stop();
  // Begins to make sure that every settlement has reached the broker, and to end the connection. A
  // broker that does not answer is not waited for longer than a second.
  void close();

  // nullptr: there is none now; close has come to its end.
  const Broker* broker() const { return broker_.get(); }
  // Of the last one that was there; 0: none yet.
  std::uint64_t epoch() const { return epoch_; }
  // Why there is none; empty if there is, or has not been yet.
  const std::string& problem() const { return problem_; }
  // Why nothing can be taken from some of its queues, a sentence each.
  const std::vector<std::string>& queue_problems() const { return queue_problems_; }

 private:
  void on_tended(const Result<std::vector<std::string>>& tended);
  void on_tried(Result<std::unique_ptr<Broker>> tried);
  void is_back();
  void beat();
  void listen_for_silence();
  void drop();
  bool has_something_come();
  void drop_unheard(const std::string& why);

  boost::asio::io_context& io_;
  Clock& clock_;
  SessionLog log_;
  SessionEvents events_;
  Connector connector_;
  Upkeep upkeep_;
  PauseWatch pauses_;
  std::unique_ptr<Timer> heartbeat_timer_;
  std::unique_ptr<Timer> silence_timer_;
  std::unique_ptr<Timer> proof_timer_;  // that a connection is worth something
  std::unique_ptr<Broker> broker_;
  std::vector<std::unique_ptr<Watch>> watches_;
  std::uint64_t epoch_ = 0;
  std::string problem_;
  std::vector<std::string> queue_problems_;
  std::string last_loss_;  // its reason, of a connection that did not last
  MonotonicTime connected_at_{};
  bool is_flapping_ = false;  // short connections end for one reason, again and again
  bool is_stopped_ = false;
  bool is_closing_ = false;
  bool is_look_due_ = false;         // whether or not something woke the loop
  bool is_silence_suspect_ = false;  // the broker was asked whether its queues are empty indeed
  bool is_consumer_lost_ = false;    // they are not
};

}  // namespace actiond
