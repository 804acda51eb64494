// Is a text a JSON object, as an event's params must be?
#pragma once

#include <string>
#include <string_view>

namespace actiond {

// Parses without building anything. Never throws. One that is nested deeper than 1,000 is none.
bool is_json_object(std::string_view text);

// Why it is none: "is UTF-16", "has a NUL byte at byte 12", the rest of a sentence that begins with
// the text.
std::string why_no_json_object(std::string_view text);

// What keeps an event with this body from being one, a sentence; empty: nothing does. Without a
// body an event has no params.
std::string problem_with_params(std::string_view body);

// Whoever walks through a value of any depth may run out of stack.
bool is_too_deep(std::string_view text);

// Some editors and languages put it before UTF-8; it is no part of the text.
std::string_view without_byte_order_mark(std::string_view text);

}  // namespace actiond
