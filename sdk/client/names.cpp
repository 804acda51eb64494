#include "client/names.hpp"

#include <fmt/format.h>
#include <action/detail/names.hpp>

#include <algorithm>

#include "client/clean_text.hpp"

namespace action {
namespace {

constexpr std::size_t kMaxName = 100;  // a name in AMQP has 255, prefix and suffix included
constexpr std::size_t kMaxShown = 40;

bool may_be_in_name(char c) {
  namespace detail = action::detail;
  return detail::is_lower(c) || detail::is_upper(c) || detail::is_digit(c) || c == '_' || c == '-';
}

// A name as it may stand in a sentence: printable, and not endless.
std::string shown(std::string_view name) {
  std::string text(name.substr(0, kMaxShown));
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c > 0x7e; }, '?');
  return name.size() > kMaxShown ? text + "..." : text;
}

Result<void> check_name(std::string_view what, std::string_view name) {
  if (is_name(name)) return {};
  return Error{fmt::format("'{}' can't be the name of {}: use up to {} letters, digits, _ and -",
                           shown(name), what, kMaxName)};
}

}  // namespace

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName &&
         std::all_of(name.begin(), name.end(), may_be_in_name);
}

bool is_reserved_queue(std::string_view name) {
  return name == "dead" || name.starts_with("delay");
}

Result<void> check_application(std::string_view name) {
  return check_name("an application", name);
}

Result<void> check_queue(std::string_view name) {
  if (auto checked = check_name("a queue", name); !checked) return checked;
  if (!is_reserved_queue(name)) return {};
  return Error{
      fmt::format("'{}' can't be the name of a queue: 'dead' and names that begin with 'delay' are "
                  "reserved",
                  shown(name))};
}

Result<void> check_event(std::string_view name) {
  if (detail::is_event_name(name)) return {};
  return Error{
      fmt::format("'{}' can't be the name of an event: use up to {} of a-z, 0-9, _, . and -, as in "
                  "send_email",
                  shown(name), detail::max_name_size)};
}

Result<void> check_unique_key(std::string_view key) {
  const bool has_control =
      std::any_of(key.begin(), key.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; });
  if (!key.empty() && key.size() <= kMostUniqueKey && !has_control && is_clean(key)) return {};
  return Error{
      fmt::format(
          "'{}' can't be a unique key: use 1 to {} bytes of UTF-8 without control characters",
          shown(key), kMostUniqueKey),
      Fault::Lasting};
}

}  // namespace action
