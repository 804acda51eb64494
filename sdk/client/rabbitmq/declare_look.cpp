// What of an application was there and is gone, as a Declaration finds it before it makes it anew.
#include <fmt/format.h>

#include "client/rabbitmq/amqp.hpp"
#include "client/rabbitmq/declare.hpp"
#include "client/rabbitmq/delay.hpp"

namespace action {

namespace {

Step passive(StepKind kind, const std::string& name) {
  Step step{kind, name};
  step.purpose = Purpose::Look;
  step.is_passive = true;
  return step;
}

}  // namespace

// The queues before the work queues are not looked for: with a queue that is new they are new as
// well, and they keep nothing. Nor is that of what is unroutable, which earlier versions had not.
Declaration& Declaration::look() {
  look_at_dead();
  for (int level = 0; level < kDelayLevels; ++level)
    steps_.push_back(passive(StepKind::Queue, delay_level(topology_.application, level)));
  return *this;
}

Declaration& Declaration::leave_lost_dead() {
  leaves_lost_dead_ = true;
  look_at_dead();
  return *this;
}

// The highest level's exchange was declared after all else but its queue: without it nothing says
// that they were there.
void Declaration::look_at_dead() {
  const std::string marker = delay_level(topology_.application, kDelayLevels - 1);
  steps_.push_back(passive(StepKind::Exchange, marker));
  steps_.push_back(passive(StepKind::Queue, topology_.dead()));
}

Refused Declaration::refused_look(const Step& step, const CloseReason& reason) {
  const bool is_gone = !is_out_of_reach(reason) && reason.code == AMQP_NOT_FOUND;
  if (step.kind == StepKind::Exchange)
    skip_all(Purpose::Look);
  else if (is_gone && step.name != topology_.dead())
    gone_levels_.push_back(step.name);
  else if (is_gone)
    lose_dead();
  return Refused::Skip;
}

void Declaration::lose_dead() {
  is_dead_gone_ = leaves_lost_dead_;
  for (auto& later : steps_)
    if (is_dead_gone_ && later.name == topology_.dead()) later.is_skipped = true;
  if (is_dead_gone_) return;
  losses_.push_back(
      fmt::format("the queue '{}' was gone, and with it all dead letters: somebody deleted it, "
                  "or a policy with expires did; it is made anew",
                  topology_.dead()));
}

void Declaration::tell_of_gone() {
  if (gone_levels_.empty()) return;
  losses_.push_back(fmt::format(
      "{} of the queues that keep what is to run later were gone ('{}' first), and with them the "
      "retries and delayed events in them: somebody deleted them, or a policy with expires did; "
      "they are made anew",
      gone_levels_.size(), gone_levels_.front()));
}

}  // namespace action
