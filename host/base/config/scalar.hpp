// What a scalar means: YAML 1.2's core schema, in which yes, no, on and off are text.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "base/config/tree.hpp"

namespace actiond {

bool is_null_text(std::string_view text);                        // empty, ~, null
std::optional<bool> parse_bool(std::string_view text);           // true, false
std::optional<std::int64_t> parse_whole(std::string_view text);  // 12, -3, 0x1f, 0o17
std::optional<double> parse_decimal(std::string_view text);      // 1, .5, 2e3; finite

// Whether a scalar may be read as a number: not if it is quoted, unless ${VAR} needed the quotes.
bool may_be_number(const Tree& scalar);

// Of any tree. A quoted scalar is a string; what fits no int64 is a double.
nlohmann::json to_json(const Tree& tree);

}  // namespace actiond
