// A value of JSON as a C++ type, or a sentence that says what it must be: "param 'to' must be text,
// not a number". Params of an event and values of the configuration are read by it.
#ifndef ACTION_DETAIL_VALUES_HPP
#define ACTION_DETAIL_VALUES_HPP

#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#pragma GCC visibility push(hidden)
namespace action {
namespace detail {

// What config(key, fallback) and param(key, fallback) return: a string for one that is borrowed.
template <class T>
using OwnedType =
    std::conditional_t<std::is_same_v<T, const char*> || std::is_same_v<T, std::string_view>,
                       std::string, T>;

template <class T>
inline constexpr bool is_json_v = std::is_same_v<T, nlohmann::json>;

// "a number", for "…, not a number".
inline std::string kind_of(const nlohmann::json& value) {
  if (value.is_string()) return "text";
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_number()) return "a number";
  if (value.is_array()) return "a list";
  return value.is_object() ? "an object" : "null";
}

[[noreturn]] inline void refuse(std::string_view what, std::string_view rule,
                                std::string_view found) {
  throw std::invalid_argument(
      std::string(what).append(" must be ").append(rule).append(", not ").append(found));
}

template <class T>
std::string range_of() {
  return "a whole number from " + std::to_string(std::numeric_limits<T>::min()) + " to " +
         std::to_string(std::numeric_limits<T>::max());
}

// A whole number, also one that is written as 3.0, as far as T holds it.
template <class T>
T whole_number(const nlohmann::json& value, std::string_view what) {
  if (!value.is_number()) refuse(what, "a whole number", kind_of(value));
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    if (std::in_range<T>(number)) return static_cast<T>(number);
  } else if (value.is_number_integer()) {
    const auto number = value.get<std::int64_t>();
    if (std::in_range<T>(number)) return static_cast<T>(number);
  } else {
    const auto number = value.get<double>();
    constexpr double limit = 9007199254740992.0;  // above, a double skips whole numbers
    if (std::trunc(number) != number) refuse(what, "a whole number", value.dump());
    if (std::abs(number) <= limit && std::in_range<T>(static_cast<std::int64_t>(number)))
      return static_cast<T>(number);
  }
  refuse(what, range_of<T>(), value.dump());
}

// The library's own words, without the code that it begins with.
inline std::string words_of(const nlohmann::json::exception& error) {
  const std::string text = error.what();
  const auto end = text.find("] ");
  return end == text.npos ? text : text.substr(end + 2);
}

template <class T>
T other_value(const nlohmann::json& value, std::string_view what) {
  try {
    return value.get<T>();
  } catch (const nlohmann::json::exception& error) {
    throw std::invalid_argument(std::string(what) + " can't be read: " + words_of(error));
  }
}

// The value as a T; `what` names it in the sentence that is thrown as std::invalid_argument.
template <class T>
T value_as(const nlohmann::json& value, std::string_view what) {
  if constexpr (is_json_v<T>) {
    return value;
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!value.is_boolean()) refuse(what, "true or false", kind_of(value));
    return value.get<bool>();
  } else if constexpr (std::is_integral_v<T>) {
    return whole_number<T>(value, what);
  } else if constexpr (std::is_floating_point_v<T>) {
    if (!value.is_number()) refuse(what, "a number", kind_of(value));
    return value.get<T>();
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!value.is_string()) refuse(what, "text", kind_of(value));
    return value.get<std::string>();
  } else {
    return other_value<T>(value, what);
  }
}

// The value under a dotted key ("smtp.host"), or null if there is none.
inline const nlohmann::json* find_value(const nlohmann::json& root, std::string_view key) {
  const nlohmann::json* value = &root;
  for (std::string_view rest = key;;) {
    const auto dot = rest.find('.');
    if (!value->is_object()) return nullptr;
    const auto child = value->find(std::string(rest.substr(0, dot)));
    if (child == value->end()) return nullptr;
    value = &*child;
    if (dot == rest.npos) return value;
    rest.remove_prefix(dot + 1);
  }
}

}  // namespace detail
}  // namespace action
#pragma GCC visibility pop

#endif
