#include "broker/rabbitmq/sure_publisher.hpp"

#include <utility>

#include "base/clock.hpp"
#include "client/event_id.hpp"

namespace actiond {
namespace {

constexpr std::chrono::milliseconds kLook{100};

}  // namespace

Result<std::unique_ptr<SurePublisher>> SurePublisher::open(action::Connection& connection,
                                                           amqp_channel_t channel,
                                                           std::chrono::milliseconds timeout,
                                                           InAlarm in_alarm) {
  std::unique_ptr<SurePublisher> sure(new SurePublisher(timeout, in_alarm));
  auto publisher = action::Publisher::open(
      connection, channel, [to = sure.get()](std::uint64_t number, const Result<void>& taken) {
        to->settle(number, taken);
      });
  if (!publisher) return publisher.error();
  sure->publisher_ = std::move(*publisher);
  return sure;
}

// No queue has a name like that, so it comes back. In an alarm the broker reads the first message
// of a connection, and says before it answers that it reads no more.
Result<void> SurePublisher::knock() {
  action::Message message;
  message.event = "knock";
  message.id = action::new_event_id();
  message.sender = "actiond";
  const auto refused = publish(std::vector<Post>{{"", "actiond.nobody." + message.id, &message}});
  if (!refused) return refused.error();
  if (!refused->empty() && refused->begin()->second.fault != Fault::Missing)
    return refused->begin()->second;
  return await_alarms_end();
}

// A channel that is closed over one of them leaves it open what becomes of the others, which are
// sent again. Each time at least one is decided.
Result<SurePublisher::Refused> SurePublisher::publish(const std::vector<Post>& posts) {
  Refused refused;
  std::set<std::size_t> left;
  for (std::size_t i = 0; i < posts.size(); ++i) left.insert(left.end(), i);
  while (!left.empty()) {
    for (const auto place : left)
      if (auto sent = send(posts[place], place); !sent) return sent.error();
    if (auto answered = await_all(); !answered) return answered.error();
    std::set<std::size_t> undecided;
    for (auto& [place, why] : std::exchange(refused_, {}))
      if (why.fault == Fault::Undecided)
        undecided.insert(place);
      else
        refused.emplace(place, std::move(why));
    left = std::move(undecided);
  }
  return refused;
}

Result<void> SurePublisher::publish(const Post& post) {
  const auto refused = publish(std::vector<Post>{post});
  if (!refused) return refused.error();
  return refused->empty() ? Result<void>() : refused->begin()->second;
}

Result<void> SurePublisher::send(const Post& post, std::size_t place) {
  const auto number = publisher_->publish(post.exchange, post.key, *post.message);
  if (number)
    awaited_.emplace(*number, place);
  else if (number.error().fault == Fault::Lasting)  // the connection is as it was
    refused_.emplace(place, number.error());
  else
    return number.error();
  return {};
}

Result<void> SurePublisher::await_alarms_end() {
  const auto until = monotonic_now() + timeout_;
  while (publisher_->is_blocked()) {
    if (in_alarm_ == InAlarm::Fail || monotonic_now() >= until) return takes_nothing();
    if (auto waited = publisher_->wait(kLook); !waited) return waited;
  }
  return {};
}

Error SurePublisher::takes_nothing() const {
  return {"the broker takes no messages now: " + publisher_->blocked_reason()};
}

// A queue that gives no answer must not hold up those that do.
Result<void> SurePublisher::await_all() {
  const auto until = monotonic_now() + timeout_;
  while (!awaited_.empty()) {
    const bool is_over = monotonic_now() >= until;
    if (publisher_->is_blocked() && (is_over || in_alarm_ == InAlarm::Fail)) return takes_nothing();
    if (is_over) break;
    if (auto waited = publisher_->wait(kLook); !waited) return waited;
  }
  for (const auto& [number, place] : std::exchange(awaited_, {}))
    refused_.emplace(place, Error{"the broker has not confirmed it in time", Fault::NotNow});
  return {};
}

// What comes too late was told as refused.
void SurePublisher::settle(std::uint64_t number, const Result<void>& taken) {
  const auto awaited = awaited_.find(number);
  if (awaited == awaited_.end()) return;
  if (!taken) refused_.emplace(awaited->second, taken.error());
  awaited_.erase(awaited);
}

}  // namespace actiond
