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
#include "broker/rabbitmq/late_answers.hpp"
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
  // Fails when the connection is lost, or in an alarm. What is not answered within `patience` is
  // refused, but may be stored yet: if it comes again with the same id it is not sent again, and is
  // refused at once until its answer is there.
  Result<Refused> publish(const std::vector<Post>& posts, std::chrono::milliseconds patience);
  Result<void> publish(const Post& post);

  Result<void> poll() { return publisher_->poll(); }

 private:
  struct Awaited {
    std::size_t place;
    std::string id;
  };
  SurePublisher(std::chrono::milliseconds timeout, InAlarm in_alarm)
      : timeout_(timeout), in_alarm_(in_alarm) {}
  Result<void> send(const Post& post, std::size_t place);
  Result<void> await_all(std::chrono::milliseconds patience);
  Result<void> await_alarms_end();
  Error takes_nothing() const;
  void settle(std::uint64_t number, const Result<void>& taken);

  std::chrono::milliseconds timeout_;
  InAlarm in_alarm_;
  std::unique_ptr<action::Publisher> publisher_;
  std::map<std::uint64_t, Awaited> awaited_;  // by their publications' numbers
  LateAnswers late_;
  Refused refused_;
};

}  // namespace actiond
