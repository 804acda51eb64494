#include "base/duration.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdint>

#include "base/text.hpp"

namespace actiond {
namespace {

using std::chrono::milliseconds;

struct DurationUnit {
  std::string_view name;
  std::int64_t ms;
};

// Greatest first: people are shown the greatest that counts.
constexpr std::array<DurationUnit, 5> kDurationUnits{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};

const DurationUnit* find_unit(std::string_view name) {
  for (const DurationUnit& unit : kDurationUnits)
    if (unit.name == name) return &unit;
  return nullptr;
}

Error not_a_duration(std::string_view text) {
  return {
      fmt::format("{} is not a duration: write a whole number and one unit, as in "
                  "250ms, 10s, 5m, 1h or 7d",
                  in_quotes(text))};
}

// "1.234s" as "1.2s": a tenth is what people read.
std::string format_seconds(std::int64_t ms) {
  const std::int64_t tenths = ms % 1000 / 100;
  return tenths == 0 ? fmt::format("{}s", ms / 1000) : fmt::format("{}.{}s", ms / 1000, tenths);
}

}  // namespace

Result<milliseconds> parse_duration(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, number);
  const bool is_too_long = failure == std::errc::result_out_of_range;
  if (failure == std::errc::invalid_argument || text.front() == '-') return not_a_duration(text);
  const std::string_view name(rest, static_cast<std::size_t>(end - rest));
  if (name.empty())
    return Error{fmt::format("{0} has no unit: write {1}s or {1}ms", in_quotes(text), text)};
  const DurationUnit* unit = find_unit(name);
  if (unit == nullptr) return not_a_duration(text);
  if (is_too_long || number > kLongestDuration.count() / unit->ms)
    return Error{fmt::format("{} is too long: at most 36500d", in_quotes(text))};
  return milliseconds(number * unit->ms);
}

std::string format_duration(milliseconds duration) {
  const std::int64_t ms = duration.count();
  if (ms < 0) return fmt::format("-{}", format_duration(-duration));
  if (ms < 1000) return fmt::format("{}ms", ms);
  if (ms < 60'000) return format_seconds(ms);
  for (std::size_t i = 0;; ++i) {
    const DurationUnit& unit = kDurationUnits[i];
    if (ms < unit.ms) continue;
    const DurationUnit& smaller = kDurationUnits[i + 1];
    const std::int64_t rest = ms % unit.ms / smaller.ms;
    if (rest == 0) return fmt::format("{}{}", ms / unit.ms, unit.name);
    return fmt::format("{}{}{}{}", ms / unit.ms, unit.name, rest, smaller.name);
  }
}

}  // namespace actiond
