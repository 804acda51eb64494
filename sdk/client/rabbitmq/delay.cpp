#include "client/rabbitmq/delay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "client/rabbitmq/inequivalence.hpp"

#include "client/rabbitmq/amqp.hpp"

namespace action {
namespace {

constexpr std::string_view kDue = "due.";

std::string any(int words) {
  std::string pattern;
  for (int i = 0; i < words; ++i) pattern += "*.";
  return pattern;
}

// What declares the levels.
class DelaySteps {
 public:
  DelaySteps(const Topology& topology, std::vector<Step>& steps)
      : topology_(topology), steps_(steps), prefix_(topology.application + ".delay.v1.") {}

  void add_levels() {
    add_delivery();
    for (int level = 0; level < kDelayLevels; ++level) add_level(level);
  }

  void add_bindings() {
    for (const auto& queue : topology_.queues) add_way_to(queue);
  }

 private:
  std::string deliver() const { return prefix_ + "deliver"; }
  std::string level_name(int level) const { return delay_level(topology_.application, level); }
  std::string below(int level) const { return level == 0 ? deliver() : level_name(level - 1); }
  // The queue is a quorum one, for whoever connects needs it and no single node should be needed.
  // It takes the place of the classic one, which keeps what it has until it is drained. (Bound
  // before the other is unbound, so that there is always one.)
  void add_delivery() {
    const std::string exchange = prefix_ + "unroutable";
    const std::string queue = unroutable_queue(topology_.application);
    add({StepKind::Exchange, exchange, "fanout", {}, {}}, Purpose::Delay);
    add({StepKind::Queue, queue, {}, {}, quorum()}, Purpose::Unroutable);
    add({StepKind::BindQueue, queue, exchange, {}, {}}, Purpose::Unroutable);
    add({StepKind::UnbindQueue, old_unroutable_queue(topology_.application), exchange, {}, {}},
        Purpose::Unroutable);
    for (const auto& [name, type] :
         {std::pair(deliver(), "topic"), {due_exchange(topology_.application), "direct"}})
      add({StepKind::Exchange, name, type, {}, {{"alternate-exchange", exchange}}}, Purpose::Delay);
  }

  // From the back: what leads to a queue is there before anything can come.
  void add_way_to(const std::string& queue) {
    const std::string work = topology_.queue(queue);
    const std::string exchange = due_exchange(topology_.application);
    const std::string due = due_queue(topology_.application, queue);
    add({StepKind::BindQueue, work, exchange, queue, {}}, Purpose::DelayBinding);
    auto arguments = handing_over(0, exchange);
    arguments.push_back({"x-dead-letter-routing-key", queue});
    add({StepKind::Queue, due, {}, {}, std::move(arguments)}, Purpose::Delay);
    add({StepKind::BindQueue, due, deliver(), due_pattern(queue), {}}, Purpose::DelayBinding);
    add({StepKind::BindQueue, work, deliver(), any(kDelayLevels) + queue, {}},
        Purpose::DelayBinding);
  }

  void add_level(int level) {
    const std::string name = level_name(level), next = below(level);
    add({StepKind::Exchange, name, "topic", {}, {}}, Purpose::Delay);
    const std::int64_t ttl_ms = std::int64_t{kDelayTick.count()} << level;
    add({StepKind::Queue, name, {}, {}, handing_over(ttl_ms, next)}, Purpose::Delay);
    const std::string higher = any(kDelayLevels - 1 - level);
    add({StepKind::BindQueue, name, name, higher + "1.#", {}}, Purpose::Delay);
    add({StepKind::BindExchange, next, name, higher + "0.#", {}}, Purpose::Delay);
  }

  // Such a queue is a quorum one with at-least-once dead lettering whatever the work queues are: a
  // classic one loses what is expiring when the broker is killed.
  static std::vector<Argument> handing_over(std::int64_t ttl_ms, const std::string& exchange) {
    return {{"x-queue-type", "quorum"},
            {"x-message-ttl", ttl_ms},
            {"x-dead-letter-exchange", exchange},
            {"x-dead-letter-strategy", "at-least-once"},
            {"x-overflow", "reject-publish"}};
  }

  static std::vector<Argument> quorum() {
    return {{"x-queue-type", "quorum"}, {"x-delivery-limit", std::int64_t{kNoDeliveryLimit}}};
  }

  void add(Step step, Purpose purpose) {
    step.purpose = purpose;
    steps_.push_back(std::move(step));
  }

  const Topology& topology_;
  std::vector<Step>& steps_;
  std::string prefix_;
};

}  // namespace

std::string due_exchange(const std::string& application) {
  return application + ".delay.due";
}

std::string due_queue(const std::string& application, const std::string& queue) {
  return due_exchange(application) + "." + queue;
}

std::string due_pattern(const std::string& queue) {
  return any(kDelayLevels).append(kDue) + queue;
}

std::string unroutable_queue(const std::string& application) {
  return application + ".delay.unroutable";
}

std::string old_unroutable_queue(const std::string& application) {
  return application + ".delay.v1.unroutable";
}

void add_delay_levels(const Topology& topology, std::vector<Step>& steps) {
  DelaySteps(topology, steps).add_levels();
}

void add_delay_bindings(const Topology& topology, std::vector<Step>& steps) {
  DelaySteps(topology, steps).add_bindings();
}

std::string delay_level(const std::string& application, int level) {
  return fmt::format("{}.delay.v1.{:02}", application, level);
}

DelayRoute delay_route(const std::string& application, const std::string& queue,
                       std::chrono::milliseconds delay) {
  const auto bounded = std::clamp(delay, kDelayTick, kLongestDelay);
  const auto ticks = static_cast<std::uint64_t>(
      (bounded + kDelayTick - std::chrono::milliseconds(1)) / kDelayTick);
  DelayRoute route;
  int highest = 0;
  for (int level = kDelayLevels - 1; level >= 0; --level) {
    const bool waits = (ticks >> level & 1) != 0;
    if (waits) highest = std::max(highest, level);
    route.routing_key += waits ? "1." : "0.";
  }
  route.exchange = delay_level(application, highest);
  route.routing_key.append(kDue) += queue;
  return route;
}

// It waits its level's whole time, if it has just come, and passes the lower ones of its bits.
// What has passed the queue of what is due has no bits any more, and no name has a dot.
DelayRest rest_of_route(int level, std::string_view routing_key) {
  DelayRest rest;
  std::int64_t ticks = std::int64_t{1} << level;
  for (int bit = kDelayLevels - 1; bit >= 0 && routing_key.find('.') == 1; --bit) {
    if (bit < level && routing_key[0] == '1') ticks += std::int64_t{1} << bit;
    routing_key.remove_prefix(2);
  }
  if (routing_key.starts_with(kDue)) routing_key.remove_prefix(kDue.size());
  rest.queue = routing_key;
  rest.at_most = kDelayTick * ticks;
  return rest;
}

Result<std::uint64_t> publish_later(Publisher& publisher, const std::string& application,
                                    const std::string& queue, const Message& message,
                                    std::chrono::milliseconds delay) {
  const auto now = std::chrono::system_clock::now();
  const DelayTrip trip = next_trip(delay, now);
  const DelayRoute route = delay_route(application, queue, trip.delay);
  Message dated = message;
  dated.trail.due_at_ms = trip.due_at_ms;
  dated.trail.delayed_until_ms = due_at_ms(delay, now);
  return publisher.publish(route.exchange, route.routing_key, dated);
}

}  // namespace action
