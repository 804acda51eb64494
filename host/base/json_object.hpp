// Is a text a JSON object, as an event's params must be?
#pragma once

#include <string_view>

namespace actiond {

// Parses without building anything. Never throws.
bool is_json_object(std::string_view text);

}  // namespace actiond
