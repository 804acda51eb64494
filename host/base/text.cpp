#include "base/text.hpp"

#include <array>
#include <cstdint>
#include <iterator>

namespace actiond {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

std::uint8_t byte_at(std::string_view text, std::size_t i) {
  return static_cast<std::uint8_t>(text[i]);
}

// The second byte's range is what keeps overlong forms, surrogates and what is above U+10FFFF out.
bool is_second_byte(std::uint8_t first, std::uint8_t second) {
  switch (first) {
    case 0xE0:
      return second >= 0xA0 && second <= 0xBF;
    case 0xED:
      return second >= 0x80 && second <= 0x9F;
    case 0xF0:
      return second >= 0x90 && second <= 0xBF;
    case 0xF4:
      return second >= 0x80 && second <= 0x8F;
    default:
      return second >= 0x80 && second <= 0xBF;
  }
}

std::size_t length_by_first_byte(std::uint8_t first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return 2;
  if (first >= 0xE0 && first <= 0xEF) return 3;
  if (first >= 0xF0 && first <= 0xF4) return 4;
  return 0;
}

// Bytes that stay as they are in a line and in JSON alike, which nearly all are.
constexpr std::array<bool, 256> plain_bytes() {
  std::array<bool, 256> plain{};
  for (std::size_t byte = 0x20; byte < 0x7F; ++byte) plain[byte] = byte != '"' && byte != '\\';
  return plain;
}
constexpr std::array<bool, 256> kPlain = plain_bytes();

// Runs of plain bytes are taken at once; append_other is given the rest and returns what it took.
template <typename AppendOther>
void append_escaped(fmt::memory_buffer& out, std::string_view text, AppendOther append_other) {
  while (!text.empty()) {
    std::size_t run = 0;
    while (run < text.size() && kPlain[byte_at(text, run)]) ++run;
    append(out, text.substr(0, run));
    text.remove_prefix(run);
    if (!text.empty()) text.remove_prefix(append_other(out, text));
  }
}

void append_control(fmt::memory_buffer& out, char c) {
  switch (c) {
    case '\n':
      return append(out, "\\n");
    case '\r':
      return append(out, "\\r");
    case '\t':
      return append(out, "\\t");
    default:
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<std::uint8_t>(c));
  }
}

// U+0080 to U+009F, which some terminals obey, and the two that some readers take for line ends.
bool is_wide_control(std::string_view character) {
  if (character.size() == 2) return byte_at(character, 0) == 0xC2 && byte_at(character, 1) < 0xA0;
  return character == "\xE2\x80\xA8" || character == "\xE2\x80\xA9";
}

void append_wide_control(fmt::memory_buffer& out, std::string_view character) {
  if (character.size() == 2)
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte_at(character, 1));
  else
    append(out, byte_at(character, 2) == 0xA8 ? "\\u2028" : "\\u2029");
}

std::size_t append_one_printable(fmt::memory_buffer& out, std::string_view text) {
  const std::size_t size = utf8_character(text);
  if (size == 0 || (size == 1 && text[0] != '"' && text[0] != '\\')) {
    append_control(out, text[0]);
    return 1;
  }
  const std::string_view character = text.substr(0, size);
  is_wide_control(character) ? append_wide_control(out, character) : append(out, character);
  return size;
}

std::size_t append_one_json(fmt::memory_buffer& out, std::string_view text) {
  const std::size_t size = utf8_character(text);
  if (size == 0) {
    append(out, kReplacement);
    return 1;
  }
  if (size > 1) {
    append(out, text.substr(0, size));
    return size;
  }
  switch (text[0]) {
    case '"':
      append(out, "\\\"");
      break;
    case '\\':
      append(out, "\\\\");
      break;
    case '\n':
      append(out, "\\n");
      break;
    case '\r':
      append(out, "\\r");
      break;
    case '\t':
      append(out, "\\t");
      break;
    default:
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte_at(text, 0));
  }
  return 1;
}

// "amqp://user:secret@host" as "amqp://host". The last @ counts: a password may hold one.
std::string without_userinfo(std::string_view text) {
  const std::size_t scheme = text.find("://");
  const std::size_t at = text.rfind('@');
  if (scheme == std::string_view::npos || at == std::string_view::npos || at < scheme)
    return std::string(text);
  return std::string(text.substr(0, scheme + 3)).append(text.substr(at + 1));
}

}  // namespace

std::size_t utf8_character(std::string_view text) {
  if (text.empty()) return 0;
  const std::uint8_t first = byte_at(text, 0);
  const std::size_t size = length_by_first_byte(first);
  if (size == 0 || size > text.size()) return 0;
  if (size > 1 && !is_second_byte(first, byte_at(text, 1))) return 0;
  for (std::size_t i = 2; i < size; ++i)
    if ((byte_at(text, i) & 0xC0) != 0x80) return 0;
  return size;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = utf8_character(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  std::size_t end = max_bytes;
  // A character has at most three continuation bytes; more of them are no UTF-8 anyway.
  for (int back = 0; back < 3 && end > 0 && (byte_at(text, end) & 0xC0) == 0x80; ++back) --end;
  return text.substr(0, end);
}

void append_printable(fmt::memory_buffer& out, std::string_view text) {
  append_escaped(out, text, append_one_printable);
}

void append_json_escaped(fmt::memory_buffer& out, std::string_view text) {
  append_escaped(out, text, append_one_json);
}

std::string in_quotes(std::string_view text) {
  const std::string shown = without_userinfo(text);
  const std::string_view beginning = utf8_prefix(shown, 100);
  fmt::memory_buffer out;
  out.push_back('\'');
  append_printable(out, beginning);
  append(out, beginning.size() < shown.size() ? "…'" : "'");
  return fmt::to_string(out);
}

}  // namespace actiond
