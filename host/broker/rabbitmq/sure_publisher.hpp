// Publishes and waits until the broker has answered for each: what blocks, for those who have a
// thread or a process to spare.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "client/rabbitmq/publisher.hpp"

namespace actiond {

class SurePublisher {
 public:
  struct Post {
    std::string exchange, key;
    const action::Message* message;
  };
  // Why which of them were not taken, by their places.
  using Refused = std::map<std::size_t, Error>;

  // In an alarm, who publishes fails at once, or only when its time is over.
  enum class InAlarm { Fail, Wait };

  // As Publisher::open. `timeout` is for each call.
  static Result<std::unique_ptr<SurePublisher>> open(action::Connection& connection,
                                                     amqp_channel_t channel,
                                                     std::chrono::milliseconds timeout,
                                                     InAlarm in_alarm = InAlarm::Fail);

  // Fails while an alarm keeps the broker from reading, at the cost of a message for nobody. What
  // is published then waits in the connection, and would be stored when the alarm is over,
  // whatever its sender has made of that by then.
  Result<void> knock();
  // Fails when the connection is lost, or in an alarm. What is not answered in time is refused.
  Result<Refused> publish(const std::vector<Post>& posts);
  Result<void> publish(const Post& post);

  Result<void> poll() { return publisher_->poll(); }

 private:
  SurePublisher(std::chrono::milliseconds timeout, InAlarm in_alarm)
      : timeout_(timeout), in_alarm_(in_alarm) {}
  Result<void> send(const Post& post, std::size_t place);
  Result<void> await_all();
  Result<void> await_alarms_end();
  Error takes_nothing() const;
  void settle(std::uint64_t number, const Result<void>& taken);

  std::chrono::milliseconds timeout_;
  InAlarm in_alarm_;
  std::unique_ptr<action::Publisher> publisher_;
  std::map<std::uint64_t, std::size_t> awaited_;  // places by their publications' numbers
  Refused refused_;
};

}  // namespace actiond
