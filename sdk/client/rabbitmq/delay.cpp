#include "client/rabbitmq/delay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "client/rabbitmq/inequivalence.hpp"

#include "client/rabbitmq/amqp.hpp"

namespace action {
namespace {

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
    for (const auto& queue : topology_.queues)
      add({StepKind::BindQueue, topology_.queue(queue), deliver(), any(kDelayLevels) + queue, {}},
          Purpose::DelayBinding);
  }

 private:
  std::string deliver() const { return prefix_ + "deliver"; }
  std::string level_name(int level) const { return delay_level(topology_.application, level); }
  std::string below(int level) const { return level == 0 ? deliver() : level_name(level - 1); }
  static std::string any(int words) {
    std::string pattern;
    for (int i = 0; i < words; ++i) pattern += "*.";
    return pattern;
  }

  // The queue is a quorum one, for whoever connects needs it and no single node should be needed.
  // It takes the place of the classic one, which keeps what it has. (Bound before the other is
  // unbound, so that there is always one.)
  void add_delivery() {
    const std::string exchange = prefix_ + "unroutable";
    const std::string queue = unroutable_queue(topology_.application);
    add({StepKind::Exchange, exchange, "fanout", {}, {}}, Purpose::Delay);
    add({StepKind::Queue, queue, {}, {}, quorum()}, Purpose::Unroutable);
    add({StepKind::BindQueue, queue, exchange, {}, {}}, Purpose::Unroutable);
    add({StepKind::UnbindQueue, old_unroutable_queue(topology_.application), exchange, {}, {}},
        Purpose::Unroutable);
    add({StepKind::Exchange, deliver(), "topic", {}, {{"alternate-exchange", exchange}}},
        Purpose::Delay);
  }

  // A level's queue is a quorum one with at-least-once dead lettering whatever the work queues are:
  // a classic one loses what is expiring when the broker is killed.
  void add_level(int level) {
    const std::string name = level_name(level), next = below(level);
    add({StepKind::Exchange, name, "topic", {}, {}}, Purpose::Delay);
    add({StepKind::Queue,
         name,
         {},
         {},
         {{"x-queue-type", "quorum"},
          {"x-message-ttl", std::int64_t{kDelayTick.count()} << level},
          {"x-dead-letter-exchange", next},
          {"x-dead-letter-strategy", "at-least-once"},
          {"x-overflow", "reject-publish"}}},
        Purpose::Delay);
    const std::string higher = any(kDelayLevels - 1 - level);
    add({StepKind::BindQueue, name, name, higher + "1.#", {}}, Purpose::Delay);
    add({StepKind::BindExchange, next, name, higher + "0.#", {}}, Purpose::Delay);
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
  route.routing_key += queue;
  return route;
}

// It waits its level's whole time, if it has just come, and passes the lower ones of its bits.
DelayRest rest_of_route(int level, std::string_view routing_key) {
  DelayRest rest;
  std::int64_t ticks = std::int64_t{1} << level;
  for (int bit = kDelayLevels - 1; bit >= 0 && routing_key.size() > 2; --bit) {
    if (bit < level && routing_key[0] == '1') ticks += std::int64_t{1} << bit;
    routing_key.remove_prefix(2);
  }
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
