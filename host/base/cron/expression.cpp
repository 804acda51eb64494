#include "base/cron/expression.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <vector>

#include "base/text.hpp"

namespace actiond {
namespace {

using std::chrono::local_days;

// 29 February on a certain day of the week comes within 40 years, over 2100 as well.
constexpr std::chrono::days kFarthest{366 * 41};

struct Alias {
  std::string_view name, expression;
};
constexpr Alias kAliases[] = {{"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},
                              {"@midnight", "0 0 * * *"}, {"@weekly", "0 0 * * 0"},
                              {"@monthly", "0 0 1 * *"},  {"@yearly", "0 0 1 1 *"},
                              {"@annually", "0 0 1 1 *"}};
constexpr std::string_view kMonths[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                        "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::string_view kWeekdays[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct Field {
  std::string_view what;
  int least, most;
  std::string_view example;
  const std::string_view* names = nullptr;  // of `least` and those after it
  int named = 0;
};
constexpr Field kFields[] = {{"minute", 0, 59, "*/15 or 0,30"},
                             {"hour", 0, 23, "4 or 8-18"},
                             {"day of the month", 1, 31, "1 or 1,15"},
                             {"month", 1, 12, "6 or jan-mar", kMonths, 12},
                             {"day of the week", 0, 7, "mon-fri or 0", kWeekdays, 7}};

std::string lower(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lowered;
}

std::vector<std::string> split(std::string_view text, std::string_view separators) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find_first_of(separators, begin), text.size());
    parts.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = error == std::errc() && end == text.data() + text.size() && value >= 0;
  return is_whole && text.size() <= 4 ? std::optional(value) : std::nullopt;
}

// Of a number or a name.
std::optional<int> value_of(const Field& field, std::string_view text) {
  for (int i = 0; i < field.named; ++i)
    if (field.names[i] == text) return field.least + i;
  const auto value = number(text);
  return value && *value >= field.least && *value <= field.most ? value : std::nullopt;
}

// "*", "7", "8-18", each also with a step: "8-18/2", "7/10" to the end. None: it is none of these.
std::optional<std::vector<int>> values_of(const Field& field, const std::string& part) {
  const auto stepped = split(part, "/");
  const auto step = stepped.size() == 2 ? number(stepped[1]) : std::optional(1);
  if (stepped.size() > 2 || !step || *step < 1) return std::nullopt;
  const int most = field.most == 7 ? 6 : field.most;  // of *: Sunday counts once
  int first = field.least, last = most;
  if (stepped[0] != "*") {
    const auto ends = split(stepped[0], "-");
    const auto from = value_of(field, ends[0]);
    const auto to = ends.size() == 2 ? value_of(field, ends[1]) : from;
    if (ends.size() > 2 || !from || !to || *from > *to) return std::nullopt;
    first = *from;
    const bool goes_on = ends.size() == 1 && stepped.size() == 2;
    last = goes_on ? most : *to;
  }
  std::vector<int> values;
  for (int value = first; value <= last; value += *step) values.push_back(value);
  return values;
}

template <std::size_t size>
Result<void> read_field(const Field& field, const std::string& text, std::bitset<size>& bits) {
  for (const auto& part : split(text, ",")) {
    const auto values = values_of(field, part);
    if (!values || values->empty())
      return Error{fmt::format("{} is no {}: write a number from {} to {}, *, or such as {}",
                               in_quotes(part), field.what, field.least, field.most,
                               field.example)};
    for (const int value : *values) bits.set(static_cast<std::size_t>(value) % size);
  }
  return {};
}

std::vector<std::string> words_of(std::string_view text) {
  auto words = split(text, " \t");
  std::erase(words, "");
  return words;
}

Result<CronExpression> read_fields(const std::vector<std::string>& fields) {
  CronExpression cron;
  for (const auto& read :
       {read_field(kFields[0], fields[0], cron.minutes),
        read_field(kFields[1], fields[1], cron.hours), read_field(kFields[2], fields[2], cron.days),
        read_field(kFields[3], fields[3], cron.months),
        read_field(kFields[4], fields[4], cron.weekdays)})
    if (!read) return read.error();
  cron.has_days = cron.days.count() < 31;
  cron.has_weekdays = !cron.weekdays.all();
  return cron;
}

bool is_day(const CronExpression& cron, local_days day) {
  const std::chrono::year_month_day date(day);
  if (!cron.months[static_cast<unsigned>(date.month())]) return false;
  const bool is_date = cron.days[static_cast<unsigned>(date.day())];
  const bool is_weekday = cron.weekdays[std::chrono::weekday(day).c_encoding()];
  return cron.has_days && cron.has_weekdays ? is_date || is_weekday : is_date && is_weekday;
}

// Of a day that is one of its days: the first minute from `from` on.
std::optional<std::chrono::minutes> next_in_day(const CronExpression& cron,
                                                std::chrono::minutes from) {
  for (int minute = static_cast<int>(from.count()); minute < 24 * 60; ++minute) {
    if (!cron.hours[static_cast<std::size_t>(minute) / 60])
      minute = (minute / 60 + 1) * 60 - 1;
    else if (cron.minutes[static_cast<std::size_t>(minute) % 60])
      return std::chrono::minutes(minute);
  }
  return std::nullopt;
}

}  // namespace

Result<CronExpression> parse_cron(std::string_view text) {
  std::string lowered = lower(text);
  for (const auto& [name, expression] : kAliases)
    if (lowered == name) lowered = expression;
  const auto fields = words_of(lowered);
  if (fields.size() != std::size(kFields))
    return Error{
        fmt::format("{} has {} fields: write minute, hour, day of the month, month and day "
                    "of the week, as in \"30 4 * * *\", or @hourly, @daily, @weekly, "
                    "@monthly or @yearly",
                    in_quotes(text), fields.size())};
  auto cron = read_fields(fields);
  if (cron && !next_local(*cron, LocalMinute()))
    return Error{
        fmt::format("{} never comes: no month that it names has such a day", in_quotes(text))};
  return cron;
}

std::optional<LocalMinute> next_local(const CronExpression& cron, LocalMinute after) {
  const LocalMinute begin = after + std::chrono::minutes(1);
  const auto today = std::chrono::floor<std::chrono::days>(begin);
  for (auto day = today; day - today < kFarthest; day += std::chrono::days(1)) {
    if (!is_day(cron, day)) continue;
    const auto from = day == today ? begin - day : std::chrono::minutes(0);
    if (const auto minute = next_in_day(cron, from)) return day + *minute;
  }
  return std::nullopt;
}

}  // namespace actiond
