// Text from outside (events, plugins, files) made safe to show: on a terminal, in a line, in JSON.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace actiond {

inline void append(fmt::memory_buffer& out, std::string_view text) {
  out.append(text.data(), text.data() + text.size());
}

// The length of the well-formed UTF-8 character that text begins with; 0 if it begins with none.
std::size_t utf8_character(std::string_view text);

bool is_utf8(std::string_view text);

// The longest part from the beginning that has at most max_bytes and ends between two characters.
std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes);

// As it is, but control characters (also those that drive a terminal) and bytes that are no UTF-8
// become \n, \t, \r, \x1b, \u009b: the result is one line of printable UTF-8.
void append_printable(fmt::memory_buffer& out, std::string_view text);

// The inside of a JSON string; bytes that are no UTF-8 become U+FFFD.
void append_json_escaped(fmt::memory_buffer& out, std::string_view text);

// For an error sentence: printable, in single quotes, at most 100 bytes of it, and a URL in it
// without its user and password.
std::string in_quotes(std::string_view text);

}  // namespace actiond
