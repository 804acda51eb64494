#include "client/clean_text.hpp"

#include <algorithm>

namespace action {
namespace {

unsigned char byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

// What the second byte of a character may be at least, and at most: no long forms, no surrogates,
// nothing beyond U+10FFFF.
bool is_second(unsigned char first, unsigned char second) {
  if (first == 0xE0) return second >= 0xA0 && second <= 0xBF;
  if (first == 0xED) return second >= 0x80 && second <= 0x9F;
  if (first == 0xF0) return second >= 0x90 && second <= 0xBF;
  if (first == 0xF4) return second >= 0x80 && second <= 0x8F;
  return second >= 0x80 && second <= 0xBF;
}

// The length of the character that the text begins with; 0: none, or a zero byte.
std::size_t character(std::string_view text) {
  const unsigned char first = byte_at(text, 0);
  if (first < 0x80) return first != 0 ? 1 : 0;
  const std::size_t size = first >= 0xC2 && first <= 0xDF   ? 2
                           : first >= 0xE0 && first <= 0xEF ? 3
                           : first >= 0xF0 && first <= 0xF4 ? 4
                                                            : 0;
  if (size == 0 || text.size() < size || !is_second(first, byte_at(text, 1))) return 0;
  for (std::size_t i = 2; i < size; ++i)
    if ((byte_at(text, i) & 0xC0) != 0x80) return 0;
  return size;
}

}  // namespace

bool is_clean(std::string_view text) {
  const auto is_plain = [](char c) { return c > 0; };
  if (std::all_of(text.begin(), text.end(), is_plain)) return true;
  while (!text.empty()) {
    const auto size = character(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

std::string clean_text(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const auto size = character(text);
    if (size == 0)
      clean += "\xEF\xBF\xBD";
    else
      clean += text.substr(0, size);
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return clean;
}

}  // namespace action
