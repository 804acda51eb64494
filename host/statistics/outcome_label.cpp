#include "statistics/outcome_label.hpp"

namespace actiond {
namespace {

constexpr std::string_view kLabelNames[kOutcomeLabels] = {
    "done",      "halted",  "failed",  "dead",    "discarded", "crashed",
    "timed_out", "snoozed", "expired", "unknown", "duplicate"};

}  // namespace

std::string_view name(OutcomeLabel label) {
  return kLabelNames[static_cast<int>(label)];
}

std::optional<OutcomeLabel> label_for(Ending ending, bool is_dead_letter) {
  switch (ending) {
    case Ending::Done:
      return OutcomeLabel::Done;
    case Ending::Halted:
      return OutcomeLabel::Halted;
    case Ending::Discarded:
      return OutcomeLabel::Discarded;
    case Ending::Snoozed:
      return OutcomeLabel::Snoozed;
    case Ending::NotStarted:
    case Ending::Stopped:
    case Ending::Lost:
      return std::nullopt;
    case Ending::Malformed:
      return OutcomeLabel::Dead;
    case Ending::Failed:
      return is_dead_letter ? OutcomeLabel::Dead : OutcomeLabel::Failed;
    case Ending::Crashed:
      return is_dead_letter ? OutcomeLabel::Dead : OutcomeLabel::Crashed;
    case Ending::TimedOut:
      return is_dead_letter ? OutcomeLabel::Dead : OutcomeLabel::TimedOut;
    case Ending::Interrupted:
      return is_dead_letter ? OutcomeLabel::Dead : OutcomeLabel::Crashed;
    case Ending::Expired:
      return OutcomeLabel::Expired;
    case Ending::Duplicate:
      return OutcomeLabel::Duplicate;
    case Ending::Unknown:
      return is_dead_letter ? OutcomeLabel::Dead : OutcomeLabel::Unknown;
  }
  return std::nullopt;
}

}  // namespace actiond
