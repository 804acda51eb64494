// How an event ended, in the words of statistics and metrics: each ending has exactly one, so that
// they add up to the events that ran.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "wire/outcome.hpp"

namespace actiond {

// Their numbers stand in statistics.db: only ever add at the end.
enum class OutcomeLabel : std::uint8_t {
  Done,
  Halted,
  Failed,  // and tried again, as is what crashed or timed out
  Dead,    // however it ended, it has no attempt left
  Discarded,
  Crashed,
  TimedOut,
  Snoozed,
  Expired,
  Unknown,
  Duplicate,
};
inline constexpr int kOutcomeLabels = static_cast<int>(OutcomeLabel::Duplicate) + 1;

// "done", "timed_out", …
std::string_view name(OutcomeLabel label);

// Nothing for what the broker offers again as if it had not been here.
std::optional<OutcomeLabel> label_for(Ending ending, bool is_dead_letter);

}  // namespace actiond
