#include "commands/terminal/dead_text.hpp"

#include <fmt/format.h>

#include "base/clock.hpp"
#include "base/json_object.hpp"
#include "base/text.hpp"
#include "commands/terminal/table.hpp"

namespace actiond {
namespace {

using nlohmann::json;

constexpr std::size_t kMostError = 100;  // bytes, in the table
constexpr std::size_t kLabel = 18;       // characters

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

std::string time_text(std::int64_t ms) {
  return ms == 0 ? "-" : format_local_time(ms).substr(0, 19);
}

std::string brief_error(const std::string& error) {
  const auto line = error.substr(0, error.find('\n'));
  const std::string brief(utf8_prefix(line, kMostError));
  return or_dash(brief.size() < error.size() ? brief + "…" : brief);
}

std::string letters_text(std::size_t count) {
  return count == 1 ? "1 dead letter" : fmt::format("{} dead letters", count);
}

std::string how_many(const DeadList& list) {
  if (list.total == 0) return "no dead letters";
  if (list.event.empty()) return letters_text(list.total);
  if (list.matching == 0)
    return fmt::format("none of {} has the event {}", letters_text(list.total),
                       printable(list.event));
  return fmt::format("{} of {} {} of {}", list.matching, letters_text(list.total),
                     list.matching == 1 ? "is" : "are", printable(list.event));
}

std::string how_many_are_shown(const DeadList& list) {
  const auto available = list.event.empty() ? list.total : list.matching;
  if (list.letters.size() >= available) return "";
  return fmt::format(", the oldest {} shown: --limit 0 shows all",
                     list.letters.size() == 1 ? "is" : fmt::format("{} are", list.letters.size()));
}

// The lines of a text made safe for a terminal, all but the first behind an indent.
std::string lines_of(std::string_view text, std::size_t indent) {
  std::string all;
  for (;;) {
    const auto end = text.find('\n');
    all += printable(text.substr(0, end)) + "\n";
    if (end == std::string_view::npos || end + 1 == text.size()) return all;
    text.remove_prefix(end + 1);
    all.append(indent, ' ');
  }
}

std::string field(const std::string& label, const std::string& value) {
  if (value.empty()) return "";
  return fmt::format("{:<{}}", label, kLabel) + lines_of(value, kLabel);
}

std::string time_field(const std::string& label, std::int64_t ms) {
  return ms == 0 ? "" : field(label, time_text(ms));
}

// In the sender's order of members.
std::string params_text(const std::string& body) {
  if (is_too_deep(body)) return "body, which is nested too deeply\n" + lines_of(body, 0);
  const auto params = nlohmann::ordered_json::parse(body.empty() ? "{}" : body, nullptr, false);
  if (!params.is_object()) return "body, which is not a JSON object\n" + lines_of(body, 0);
  return "params\n" + lines_of(params.dump(2, ' ', false, json::error_handler_t::replace), 0);
}

}  // namespace

std::string dead_list_text(const DeadList& list) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& letter : list.letters)
    rows.push_back({or_dash(letter.id), or_dash(letter.event), or_dash(letter.trail.queue),
                    std::to_string(letter.trail.attempt), time_text(letter.trail.failed_at_ms),
                    brief_error(letter.trail.error)});
  const std::string table = format_table(
      {{"ID"}, {"EVENT"}, {"QUEUE"}, {"ATTEMPTS", true}, {"FAILED AT"}, {"ERROR"}}, rows);
  return fmt::format("{}{}{}\n", rows.empty() ? "" : table, how_many(list),
                     how_many_are_shown(list));
}

std::string dead_letter_text(const Message& letter) {
  const auto& trail = letter.trail;
  return field("id", or_dash(letter.id)) + field("event", or_dash(letter.event)) +
         field("queue", or_dash(trail.queue)) + field("attempts", std::to_string(trail.attempt)) +
         time_field("queued at", letter.enqueued_at_s * 1000) +
         time_field("first failed at", trail.first_failed_at_ms) +
         time_field("last failed at", trail.failed_at_ms) + field("poller", trail.poller) +
         field("plugin", trail.plugin) + field("error", trail.error) +
         field("backtrace", trail.backtrace) + field("left out", trail.left_out) +
         params_text(letter.body);
}

}  // namespace actiond
