// What of an application was there and is gone, as a Declaration finds it before it makes it anew.
#include <fmt/format.h>

#include "client/rabbitmq/declare.hpp"
#include "client/rabbitmq/delay.hpp"

namespace action {

// The highest level's exchange was declared after all lower levels: without it nothing says that
// they were there.
Declaration& Declaration::look() {
  const auto add = [this](StepKind kind, const std::string& name) {
    Step& step = steps_.emplace_back(Step{kind, name});
    step.purpose = Purpose::Look;
    step.is_passive = true;
  };
  add(StepKind::Exchange, delay_level(topology_.application, kDelayLevels - 1));
  add(StepKind::Queue, topology_.dead());
  for (int level = 0; level < kDelayLevels - 1; ++level)
    add(StepKind::Queue, delay_level(topology_.application, level));
  return *this;
}

Refused Declaration::refused_look(const Step& step, const CloseReason& reason) {
  // "NOT_FOUND - home node …" is that of one whose node is down.
  const bool is_gone = reason.text.starts_with("NOT_FOUND - no ");
  if (step.kind == StepKind::Exchange)
    skip_all(Purpose::Look);
  else if (is_gone && step.name != topology_.dead())
    gone_levels_.push_back(step.name);
  else if (is_gone)
    losses_.push_back(
        fmt::format("the queue '{}' was gone, and with it all dead letters: somebody deleted it, "
                    "or a policy with expires did; it is made anew",
                    step.name));
  return Refused::Skip;
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
