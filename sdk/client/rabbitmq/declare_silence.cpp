// What a Declaration does about queues that the broker answers nothing about.
#include <algorithm>

#include "client/rabbitmq/declare.hpp"
#include "client/rabbitmq/roll_call.hpp"

namespace action {
namespace {

constexpr int kPartOfTimeout = 4;  // is enough for the answers about all queues

bool is_about_queue(const Step& step) {
  return step.kind != StepKind::Exchange && step.kind != StepKind::BindExchange;
}

// Those whose answers are not there.
std::vector<std::string> awaited(const std::vector<Step>& steps) {
  std::vector<std::string> queues;
  for (const auto& step : steps)
    if (step.kind == StepKind::Queue && !step.is_done && !step.is_skipped &&
        std::ranges::find(queues, step.name) == queues.end())
      queues.push_back(step.name);
  return queues;
}

}  // namespace

// A broker that answers for all of them, or on no channel, is a slow one and is waited for.
Result<std::optional<amqp_channel_t>> Declaration::on_silence(Connection& connection) {
  const auto roll = call_roll(connection, awaited(steps_), connection.timeout() / kPartOfTimeout);
  if (!roll) return roll.error();
  const amqp_channel_t other = roll->unanswered.empty() ? 0 : connection.spare_channel();
  if (other == 0) return std::optional<amqp_channel_t>();
  if (auto opened = connection.open_channel(other); !opened) return opened.error();
  for (const auto& queue : roll->unanswered) leave_unanswered(queue);
  return std::optional(other);
}

void Declaration::leave_unanswered(const std::string& queue) {
  const CloseReason reason{AMQP_NOT_FOUND,
                           "the broker answers nothing about it: is its node down?"};
  for (auto& step : steps_) {
    if (step.name != queue || !is_about_queue(step) || step.is_done) continue;
    step.is_skipped = true;
    if (step.kind != StepKind::Queue) continue;
    if (step.purpose == Purpose::Delay) (void)refused_delay(step, reason).ok();
    if (step.purpose == Purpose::WorkQueue) leave_out(step, reason);
  }
  if (const auto left = out_of_reach_.find(queue); left != out_of_reach_.end())
    left->second.fault = Fault::Lost;
}

}  // namespace action
