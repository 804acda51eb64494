#include "broker/rabbitmq/queue_depths.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "client/rabbitmq/roll_call.hpp"

namespace actiond {
namespace {

Error not_found(const std::string& queue, const std::string& why) {
  return {fmt::format("the queue '{}' can't be asked: {}", queue, why)};
}

std::vector<action::Step> looks_at(const std::vector<std::string>& queues) {
  std::vector<action::Step> steps;
  for (const auto& queue : queues) {
    action::Step& step = steps.emplace_back(action::Step{action::StepKind::Queue, queue});
    step.is_passive = true;
  }
  return steps;
}

}  // namespace

Result<void> QueueDepths::ask(const std::vector<std::string>& queues) {
  auto steps = looks_at(queues);
  const auto on_refused = [this](action::Step& step, const action::CloseReason& reason) {
    found_.insert_or_assign(step.name,
                            not_found(step.name, fmt::format("{} {}", reason.code, reason.text)));
    return Result<action::Refused>(action::Refused::Skip);
  };
  auto asked =
      action::carry_out(connection_, channel_, steps, on_refused,
                        {action::longest_silence(connection_), [&] { return on_silence(steps); }});
  if (!asked) return asked;
  for (const auto& step : steps)
    if (step.is_done)
      found_.insert_or_assign(step.name, action::QueueDepth{step.ready, step.consumers});
  return {};
}

// Another node may know more than one that answers for none.
Result<std::optional<amqp_channel_t>> QueueDepths::on_silence(std::vector<action::Step>& steps) {
  std::vector<std::string> awaited;
  for (const auto& step : steps)
    if (!step.is_done && !step.is_skipped) awaited.push_back(step.name);
  const auto roll = action::look_into_silence(connection_, awaited);
  if (!roll) return roll.error();
  if (roll->channel == 0) return std::optional<amqp_channel_t>();
  channel_ = roll->channel;
  if (roll->unanswered.size() == steps.size())
    return Error{"the broker answers nothing about any of its queues"};
  for (const auto& [queue, depth] : roll->answers) found_.insert_or_assign(queue, depth);
  for (const auto& queue : roll->unanswered)
    found_.insert_or_assign(queue, not_found(queue, action::kAnswersNothing));
  for (auto& step : steps)
    if (!step.is_done) step.is_skipped = found_.contains(step.name);
  return std::optional(roll->channel);
}

Result<action::QueueDepth> QueueDepths::of(const std::string& queue) const {
  const auto found = found_.find(queue);
  return found != found_.end() ? found->second : not_found(queue, "nobody has asked for it");
}

}  // namespace actiond
