#include "client/names.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace action {
namespace {

constexpr std::size_t kMaxName = 100;   // a name in AMQP has 255, prefix and suffix included
constexpr std::size_t kMaxEvent = 255;  // AMQP's short string, in which `type` travels
constexpr std::size_t kMaxShown = 40;

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool may_be_in_name(char c) {
  return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

bool may_be_in_event(char c) {
  return is_lower_or_digit(c) || c == '_' || c == '.' || c == '-';
}

// A name as it may stand in a sentence: printable, and not endless.
std::string shown(std::string_view name) {
  std::string text(name.substr(0, kMaxShown));
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c > 0x7e; }, '?');
  return name.size() > kMaxShown ? text + "..." : text;
}

bool is_made_of(std::string_view name, std::size_t most, bool (*allowed)(char)) {
  return !name.empty() && name.size() <= most && std::all_of(name.begin(), name.end(), allowed);
}

Result<void> check_name(std::string_view what, std::string_view name) {
  if (is_made_of(name, kMaxName, may_be_in_name)) return {};
  return Error{fmt::format("'{}' can't be the name of {}: use up to {} letters, digits, _ and -",
                           shown(name), what, kMaxName)};
}

}  // namespace

Result<void> check_application(std::string_view name) {
  return check_name("an application", name);
}

Result<void> check_queue(std::string_view name) {
  if (auto checked = check_name("a queue", name); !checked) return checked;
  if (name != "dead" && !name.starts_with("delay")) return {};
  return Error{
      fmt::format("'{}' can't be the name of a queue: 'dead' and names that begin with 'delay' are "
                  "reserved",
                  shown(name))};
}

Result<void> check_event(std::string_view name) {
  if (is_made_of(name, kMaxEvent, may_be_in_event)) return {};
  return Error{
      fmt::format("'{}' can't be the name of an event: use up to {} of a-z, 0-9, _, . and -, as in "
                  "send_email",
                  shown(name), kMaxEvent)};
}

}  // namespace action
