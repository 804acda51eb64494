// What a Declaration does about queues that the broker answers nothing about.
#include <algorithm>

#include "client/rabbitmq/declare.hpp"
#include "client/rabbitmq/roll_call.hpp"

namespace action {
namespace {

bool is_about_queue(const Step& step) {
  return step.kind != StepKind::Exchange && step.kind != StepKind::BindExchange;
}

// Those whose answers are not there.
std::vector<std::string> awaited(const std::vector<Step>& steps) {
  std::vector<std::string> queues;
  for (const auto& step : steps)
    if (is_about_queue(step) && !step.is_done && !step.is_skipped &&
        std::ranges::find(queues, step.name) == queues.end())
      queues.push_back(step.name);
  return queues;
}

}  // namespace

Result<std::optional<amqp_channel_t>> Declaration::on_silence(Connection& connection) {
  const auto roll = look_into_silence(connection, awaited(steps_));
  if (!roll) return roll.error();
  if (roll->channel == 0) return std::optional<amqp_channel_t>();
  for (const auto& queue : roll->unanswered) leave_unanswered(queue);
  return std::optional(roll->channel);
}

void Declaration::leave_unanswered(const std::string& queue) {
  const CloseReason reason{AMQP_NOT_FOUND, kAnswersNothing};
  for (auto& step : steps_) {
    if (step.name != queue || !is_about_queue(step) || step.is_done) continue;
    step.is_skipped = true;
    if (step.kind != StepKind::Queue) continue;
    if (step.purpose == Purpose::Delay) (void)refused_delay(step, reason).ok();
    if (step.purpose == Purpose::WorkQueue) leave_out(step, reason);
  }
  unanswered_.insert(queue);
}

bool Declaration::has_no_answers() const {
  return !topology_.queues.empty() &&
         std::ranges::all_of(topology_.queues, [this](const std::string& queue) {
           return unanswered_.contains(topology_.queue(queue));
         });
}

}  // namespace action
