// The short way to see that a text is a JSON object, for most of those that are.
#pragma once

#include <string_view>

namespace actiond {

// True only if it is one: of ASCII, without \u, with numbers of at most 15 digits and no exponent,
// at most 32 deep. False says nothing: a parser has to look. Takes a tenth of a parser's time,
// which every event would pay.
bool is_plain_json_object(std::string_view text);

}  // namespace actiond
