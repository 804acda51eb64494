// What a request's target names: a path, cut at its slashes, and the parameters behind it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace actiond::web {

// Without its percent signs; nothing if one of them is not followed by two hex digits.
std::optional<std::string> percent_decoded(std::string_view text);

// "a=1&b=x%20y" by name; of two of one name the first. What can't be decoded is left out.
std::map<std::string, std::string> parse_query(std::string_view query);

// The parts between the slashes of a path below `base_path`, decoded: "/base/events/a%2Fb" is
// {"events", "a/b"}, the base itself is {}. Nothing if the path is not below it, has an empty part
// or one that can't be decoded.
std::optional<std::vector<std::string>> parts_of(std::string_view path, std::string_view base_path);

}  // namespace actiond::web
