#include "base/json_object.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/plain_json.hpp"

namespace actiond {
namespace {

constexpr std::size_t kDeepest = 1000;
constexpr auto kNowhere = std::string_view::npos;

// Where it becomes deeper than allowed.
std::optional<std::size_t> too_deep_at(std::string_view text) {
  const auto opens = [](char c) { return c == '{' || c == '['; };
  if (std::count_if(text.begin(), text.end(), opens) <= static_cast<std::ptrdiff_t>(kDeepest))
    return std::nullopt;
  std::size_t depth = 0;
  bool is_in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') is_in_string = !is_in_string;
    if (is_in_string && c == '\\') ++i;
    if (is_in_string) continue;
    if (opens(c) && ++depth > kDeepest) return i;
    if ((c == '}' || c == ']') && depth > 0) --depth;
  }
  return std::nullopt;
}

bool begins_with_bytes(std::string_view text, unsigned char first, unsigned char second) {
  return text.size() >= 2 && static_cast<unsigned char>(text[0]) == first &&
         static_cast<unsigned char>(text[1]) == second;
}

// What the parser says, without its own names for things.
std::string parse_problem(std::string_view text) {
  try {
    [[maybe_unused]] const auto parsed = nlohmann::json::parse(text);
    return "is none";
  } catch (const nlohmann::json::parse_error& error) {
    const std::string_view what = error.what();
    const auto at = error.byte == 0 ? 0 : error.byte - 1;
    const auto has = [&](const char* words) { return what.find(words) != kNowhere; };
    for (const std::string_view word : {"NaN", "Infinity", "-Infinity"})
      if (const auto found = text.find(word); found <= at && found + word.size() >= at)
        return fmt::format("has {}, which JSON has not, at byte {}", word, found);
    if (has("surrogate")) return fmt::format("has half of a surrogate pair at byte {}", at);
    if (has("ill-formed UTF-8")) return fmt::format("is not UTF-8 at byte {}", at);
    if (at >= text.size()) return fmt::format("ends too early, at byte {}", text.size());
    return fmt::format("can't be understood at byte {}", at);
  } catch (const std::exception&) {
    return "has a number that is too large";
  }
}

}  // namespace

std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view mark = "\xef\xbb\xbf";
  return text.substr(text.starts_with(mark) ? mark.size() : 0);
}

bool is_too_deep(std::string_view text) {
  return too_deep_at(text).has_value();
}

bool is_json_object(std::string_view text) {
  if (is_plain_json_object(text)) return true;
  const auto first = text.find_first_not_of(" \t\r\n");
  return first != kNowhere && text[first] == '{' && text.find('\0') == kNowhere &&
         !is_too_deep(text) && nlohmann::json::accept(text);
}

std::string why_no_json_object(std::string_view text) {
  if (begins_with_bytes(text, 0xff, 0xfe) || begins_with_bytes(text, 0xfe, 0xff) ||
      begins_with_bytes(text, '{', 0) || begins_with_bytes(text, 0, '{'))
    return "is UTF-16, not UTF-8";
  if (begins_with_bytes(text, 0x1f, 0x8b)) return "is compressed (gzip)";
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == kNowhere) return "has nothing but white space";
  if (text[first] != '{')
    return fmt::format("begins with byte 0x{:02x} at byte {}, not with '{{'",
                       static_cast<unsigned char>(text[first]), first);
  if (const auto nul = text.find('\0'); nul != kNowhere)
    return fmt::format("has a NUL byte at byte {}", nul);
  if (const auto deep = too_deep_at(text))
    return fmt::format("is nested deeper than {} at byte {}", kDeepest, *deep);
  return parse_problem(text);
}

std::string problem_with_params(std::string_view body) {
  const auto params = without_byte_order_mark(body);
  if (body.empty() || is_json_object(params)) return {};
  return "its body is not a JSON object: it " + why_no_json_object(params);
}

}  // namespace actiond
