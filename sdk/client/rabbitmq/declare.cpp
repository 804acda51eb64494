#include "client/rabbitmq/declare.hpp"
#include "client/rabbitmq/amqp.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "client/rabbitmq/delay.hpp"
#include "client/rabbitmq/inequivalence.hpp"
#include "client/rabbitmq/limits.hpp"
#include "client/rabbitmq/roll_call.hpp"

namespace action {
namespace {

constexpr int kMostDifferences = 12;

using Arguments = std::vector<Argument>;

// The type is always told: without it a virtual host's default type would decide. What a delivery
// limit drops, say one that a policy sets, is a dead letter.
Arguments queue_arguments(QueueType type, const std::string& dead) {
  if (type == QueueType::Classic) return {{"x-queue-type", "classic"}};
  Arguments arguments{{"x-queue-type", "quorum"},
                      {"x-delivery-limit", std::int64_t{kNoDeliveryLimit}}};
  if (!dead.empty()) {
    arguments.push_back({"x-dead-letter-exchange", ""});
    arguments.push_back({"x-dead-letter-routing-key", dead});
  }
  return arguments;
}

bool has(const Arguments& arguments, std::string_view key) {
  return std::any_of(arguments.begin(), arguments.end(),
                     [&](const Argument& argument) { return argument.key == key; });
}

bool is_of_dead_letters(const Argument& argument) {
  return argument.key.starts_with("x-dead-letter-");
}

bool is_quorum(const Arguments& arguments) {
  return std::any_of(arguments.begin(), arguments.end(), [](const Argument& argument) {
    return argument.key == "x-queue-type" && argument.value == decltype(argument.value)("quorum");
  });
}

void adopt(Arguments& arguments, const Inequivalence& difference) {
  std::erase_if(arguments,
                [&](const Argument& argument) { return argument.key == difference.argument; });
  if (difference.is_absent) return;
  Argument& argument = arguments.emplace_back();
  argument.key = difference.argument;
  std::int64_t number = 0;
  const char* const end = difference.current.data() + difference.current.size();
  const auto read = std::from_chars(difference.current.data(), end, number);
  if (read.ec == std::errc() && read.ptr == end)
    argument.value = number;
  else
    argument.value = std::string(difference.current);
}

// Changes `arguments` to what the queue has, so that the next declaration shows the next
// difference. False if this one could lose events or keep them from the pollers.
bool reconcile(Arguments& arguments, const Inequivalence& difference, const std::string& dead,
               int server_major) {
  const std::string_view argument = difference.argument, current = difference.current;
  if (argument == "x-queue-type") {
    if (!difference.is_absent && current != "classic" && current != "quorum") return false;
    arguments = queue_arguments(current == "quorum" ? QueueType::Quorum : QueueType::Classic, dead);
    return true;
  }
  if (argument.starts_with("x-dead-letter-")) {
    std::erase_if(arguments, is_of_dead_letters);
    if (difference.is_absent) return true;
    if (dead.empty() || (!current.empty() && current != dead)) return false;
    arguments = queue_arguments(QueueType::Quorum, dead);
    return true;
  }
  if (argument == "x-delivery-limit" && !difference.is_absent &&
      is_reachable_limit(current, server_major))
    return false;
  if (argument != "x-delivery-limit" && !does_no_harm(argument)) return false;
  adopt(arguments, difference);
  return true;
}

bool is_forbidden(const CloseReason& reason) {
  return reason.code == AMQP_ACCESS_REFUSED;
}

}  // namespace

Declaration& Declaration::queues() {
  steps_.push_back({StepKind::Exchange, topology_.application, "direct"});
  const auto add_queue = [this](const std::string& name, const std::string& dead) {
    Step& step = steps_.emplace_back(Step{StepKind::Queue, name});
    step.arguments = queue_arguments(topology_.type, dead);
    step.purpose = Purpose::WorkQueue;
  };
  add_queue(topology_.dead(), {});
  for (const auto& name : topology_.queues) {
    add_queue(topology_.queue(name), topology_.dead());
    Step& binding = steps_.emplace_back(
        Step{StepKind::BindQueue, topology_.queue(name), topology_.application, name});
    binding.purpose = Purpose::WorkBinding;
  }
  return *this;
}

Declaration& Declaration::delays() {
  add_delay_levels(topology_, steps_);
  return delay_bindings();
}

Declaration& Declaration::delay_bindings() {
  add_delay_bindings(topology_, steps_);
  return *this;
}

Result<void> Declaration::run(Connection& connection, amqp_channel_t& channel) {
  server_major_ = connection.server_major();
  gone_levels_.clear();
  auto done =
      carry_out(connection, channel, steps_,
                [this](Step& step, const CloseReason& reason) { return refused(step, reason); },
                {longest_silence(connection), [&] { return on_silence(connection); }});
  for (const auto& step : steps_)
    if (done && step.purpose == Purpose::WorkQueue && step.is_done && !step.is_passive)
      look_at(step);
  tell_of_gone();
  return done;
}

bool Declaration::has_unroutable() const {
  return std::any_of(steps_.begin(), steps_.end(), [](const Step& step) {
    return step.purpose == Purpose::Unroutable && step.ready > 0;
  });
}

Result<Refused> Declaration::refused(Step& step, const CloseReason& reason) {
  if (step.purpose == Purpose::Look) return refused_look(step, reason);
  if (step.purpose == Purpose::Unroutable) return refused_unroutable(step);
  if (const auto limit = explain_limit(reason.text)) return Error{"the broker " + *limit};
  switch (step.purpose) {
    case Purpose::WorkQueue:
      return refused_queue(step, reason);
    case Purpose::Delay:
      return refused_delay(step, reason);
    default:
      break;
  }
  // A user who may not configure may well use what is there: publishing tells.
  if (is_forbidden(reason)) return Refused::Skip;
  if (is_out_of_reach(reason))
    return step.kind == StepKind::BindQueue ? leave_out(step, reason) : Refused::Skip;
  if (step.kind == StepKind::Exchange)
    return Error{
        fmt::format("the exchange '{}' can't be used ({} {}): delete it, or choose another "
                    "name for the application",
                    step.name, reason.code, reason.text)};
  return Error{fmt::format("binding the queue '{}': {} {}", step.name, reason.code, reason.text)};
}

Result<Refused> Declaration::refused_queue(Step& step, const CloseReason& reason) {
  if (is_out_of_reach(reason)) return leave_out(step, reason);
  // Who may not write to the default exchange may not let the broker do so either.
  if (is_forbidden(reason) && has(step.arguments, "x-dead-letter-exchange")) {
    std::erase_if(step.arguments, is_of_dead_letters);
    return Refused::Again;
  }
  if (is_forbidden(reason) && !std::exchange(step.is_passive, true)) return Refused::Again;
  if (is_forbidden(reason)) return Refused::Skip;
  if (step.is_passive)
    return Error{
        fmt::format("the queue '{}' can't be asked: {} {}", step.name, reason.code, reason.text)};
  const Inequivalence difference = inequivalence_in(reason.text);
  if (reason.code != AMQP_PRECONDITION_FAILED || difference.argument.empty())
    return Error{fmt::format("the queue '{}' can't be used: {}", step.name, reason.text)};
  const bool is_dead = step.name == topology_.dead();
  if (++step.variant <= kMostDifferences &&
      reconcile(step.arguments, difference, is_dead ? "" : topology_.dead(), server_major_))
    return Refused::Again;
  if (difference.argument == "x-queue-type")
    return Error{
        fmt::format("the queue '{}' is a {}, from which pollers can't take events one by "
                    "one: delete it, or choose another name for the application",
                    step.name, difference.current)};
  return Error{
      fmt::format("the queue '{}' exists with other arguments, by which events could be lost or "
                  "kept from the pollers ({}): delete it, or choose another name for the "
                  "application",
                  step.name, reason.text)};
}

Refused Declaration::leave_out(const Step& step, const CloseReason& reason) {
  out_of_reach_.emplace(step.name, reason.text);
  remarks_.push_back(
      fmt::format("the queue '{}' is out of reach, with the events in it, until it is back; work "
                  "goes on without it: {}",
                  step.name, reason.text));
  for (auto& later : steps_)
    if (later.kind == StepKind::BindQueue && later.name == step.name) later.is_skipped = true;
  return Refused::Skip;
}

Result<void> Declaration::reached(const std::string& queue) const {
  const auto found = out_of_reach_.find(queue);
  if (found == out_of_reach_.end()) return {};
  return Error{fmt::format("the queue '{}' can't be used: {}", queue, found->second)};
}

// What was accepted, against what the configuration and the broker make of it.
void Declaration::look_at(const Step& step) {
  const bool is_replicated = is_quorum(step.arguments);
  if (topology_.type == QueueType::Quorum && !is_replicated)
    remarks_.push_back(
        fmt::format("the queue '{}' is a classic one, though queue_type is quorum: its events are "
                    "on one node, and out of reach while that is down; to have it made anew, let "
                    "it run empty and delete it",
                    step.name));
  if (is_replicated && server_major_ >= 4 && !has(step.arguments, "x-delivery-limit"))
    remarks_.push_back(
        fmt::format("the queue '{}' has RabbitMQ's own limit of 20 deliveries: an event that is "
                    "given back more often is dropped; set a policy with a higher delivery-limit",
                    step.name));
}

// One level that is out of reach keeps nobody from work: publishing tells.
Result<Refused> Declaration::refused_delay(Step& step, const CloseReason& reason) {
  if (is_forbidden(reason)) {
    skip_all(Purpose::Delay);
    skip_all(Purpose::Unroutable);
    return Refused::Skip;
  }
  if (reason.code == AMQP_NOT_FOUND) {
    if (step.kind != StepKind::Queue) return Refused::Skip;
    remarks_.push_back(fmt::format(
        "the queue '{}' is out of reach ({}): some retries, and events that are to run later, "
        "can't be stored",
        step.name, reason.text));
    return Refused::Skip;
  }
  const char* what = step.kind == StepKind::Exchange ? "exchange"
                     : step.kind == StepKind::Queue  ? "queue"
                                                     : "binding of";
  return Error{
      fmt::format("declaring the {} '{}': {} {}: delete it, or choose another application: "
                  "name",
                  what, step.name, reason.code, reason.text)};
}

// It only may be needed. Where it can't be a quorum one the classic one of old times has to do.
Refused Declaration::refused_unroutable(Step& step) {
  const std::string old = old_unroutable_queue(topology_.application);
  if (step.kind != StepKind::Queue || step.name == old) return Refused::Skip;
  step.name = old;
  step.arguments.clear();
  for (auto& later : steps_) {
    if (later.purpose != Purpose::Unroutable) continue;
    if (later.kind == StepKind::BindQueue) later.name = old;
    if (later.kind == StepKind::UnbindQueue) later.is_skipped = true;
  }
  return Refused::Again;
}

// Those that were answered for are not sent again anyway.
void Declaration::skip_all(Purpose purpose) {
  for (auto& step : steps_)
    if (step.purpose == purpose) step.is_skipped = true;
}

Result<QueueDepth> queue_depth(Connection& connection, amqp_channel_t channel,
                               const std::string& queue) {
  amqp_queue_declare_t look{};
  look.queue = to_bytes(queue);
  look.passive = true;
  const auto answer = connection.call(channel, AMQP_QUEUE_DECLARE_METHOD, &look);
  if (!answer)
    return Error{fmt::format("the queue '{}' can't be asked: {}", queue, answer.error().text)};
  const auto& ok = *static_cast<const amqp_queue_declare_ok_t*>(answer->decoded);
  const QueueDepth depth{ok.message_count, ok.consumer_count};
  connection.release(channel);
  return depth;
}

}  // namespace action
