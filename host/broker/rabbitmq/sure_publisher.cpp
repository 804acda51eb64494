#include "broker/rabbitmq/sure_publisher.hpp"

#include <utility>

#include "base/clock.hpp"
#include "client/event_id.hpp"

namespace actiond {
namespace {

constexpr std::chrono::milliseconds kLook{100};

Error not_in_time() {
  return {"the broker has not confirmed it in time", Fault::NotNow};
}

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
  const auto refused =
      publish(std::vector<Post>{{"", "actiond.nobody." + message.id, &message}}, timeout_);
  if (!refused) return refused.error();
  if (!refused->empty() && refused->begin()->second.fault != Fault::Missing)
    return refused->begin()->second;
  return await_alarms_end();
}

// A channel that is closed over one of them leaves it open what becomes of the others, which are
// sent again. Each time at least one is decided.
Result<SurePublisher::Refused> SurePublisher::publish(const std::vector<Post>& posts,
                                                      std::chrono::milliseconds patience) {
  late_.forget(monotonic_now());
  refused_.clear();  // of a call that failed
  Refused refused;
  std::set<std::size_t> left;
  for (std::size_t i = 0; i < posts.size(); ++i) left.insert(left.end(), i);
  while (!left.empty()) {
    for (const auto place : left)
      if (auto sent = send(posts[place], place); !sent) return sent.error();
    if (auto answered = await_all(patience); !answered) return answered.error();
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
  const auto refused = publish(std::vector<Post>{post}, timeout_);
  if (!refused) return refused.error();
  return refused->empty() ? Result<void>() : refused->begin()->second;
}

Result<void> SurePublisher::send(const Post& post, std::size_t place) {
  const auto& id = post.message->id;
  if (const auto known = late_.ask(id); known != LateAnswers::Known::No) {
    if (known == LateAnswers::Known::Awaited) refused_.emplace(place, not_in_time());
    return {};
  }
  const auto number = publisher_->publish(post.exchange, post.key, *post.message);
  if (number)
    awaited_.emplace(*number, Awaited{place, id});
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

// A queue that gives no answer must not hold up those that do. An alarm holds up all of them.
Result<void> SurePublisher::await_all(std::chrono::milliseconds patience) {
  const auto begin = monotonic_now();
  while (!awaited_.empty()) {
    const auto waited = monotonic_now() - begin;
    const bool is_blocked = publisher_->is_blocked();
    const bool is_over = waited >= (is_blocked ? timeout_ : patience);
    if (is_over || (is_blocked && in_alarm_ == InAlarm::Fail)) break;
    if (auto read = publisher_->wait(kLook); !read) return read;
  }
  const bool is_alarm = !awaited_.empty() && publisher_->is_blocked();
  for (const auto& [number, awaited] : std::exchange(awaited_, {})) {
    refused_.emplace(awaited.place, not_in_time());
    late_.await(number, awaited.id);
  }
  return is_alarm ? takes_nothing() : Result<void>();
}

void SurePublisher::settle(std::uint64_t number, const Result<void>& taken) {
  const auto awaited = awaited_.find(number);
  if (awaited == awaited_.end()) return late_.settle(number, taken.ok(), monotonic_now());
  if (!taken) refused_.emplace(awaited->second.place, taken.error());
  awaited_.erase(awaited);
}

}  // namespace actiond
