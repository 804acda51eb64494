// The params of a run, or a part of them, to be read only: looking for a key adds none, so what one
// filter asks for changes nothing for the next.
#ifndef ACTION_DETAIL_PARAMS_HPP
#define ACTION_DETAIL_PARAMS_HPP

#include <fmt/format.h>

#include <action/detail/values.hpp>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#pragma GCC visibility push(hidden)
namespace action {

class Params;

namespace detail {
// What a Params turns into by itself, as nlohmann::json does.
template <class T>
concept FromParams =
    !std::is_pointer_v<T> && !std::is_reference_v<T> && !std::same_as<T, std::nullptr_t> &&
    !std::same_as<T, char> && !std::same_as<T, std::initializer_list<char>> &&
    !std::same_as<T, std::string_view> && !std::same_as<T, nlohmann::json> &&
    !std::derived_from<T, Params> && !std::same_as<T, nlohmann::json::exception>;

inline const nlohmann::json& null_value() {
  static const nlohmann::json null;
  return null;
}
}  // namespace detail

// A view of JSON that lives as long as the event. It reads like nlohmann::json, except that a key
// or an index that is missing gives null, at any depth, and that a wrong type is told by a
// sentence:
//   params()["to"]["city"], params().value("name", "world"), params().contains("to")
class Params {
 public:
  explicit Params(const nlohmann::json& value, std::string path = "")
      : value_(&value), path_(std::move(path)) {}

  Params operator[](std::string_view key) const {
    const bool is_there = value_->is_object() && value_->contains(key);
    return Params(is_there ? value_->find(key).value() : detail::null_value(),
                  path_.empty() ? std::string(key) : path_ + "." + std::string(key));
  }
  // For itself: a Params that became a number could be an index into a text that stands here.
  Params operator[](const char* key) const { return (*this)[std::string_view(key)]; }
  template <std::integral Index>
  Params operator[](Index index) const {
    const auto at = static_cast<std::size_t>(index);
    const bool is_there = value_->is_array() && at < value_->size();
    return Params(is_there ? (*value_)[at] : detail::null_value(),
                  path_ + "[" + std::to_string(index) + "]");
  }

  // The value itself, for whatever is not here.
  [[nodiscard]] const nlohmann::json& json() const { return *value_; }
  operator const nlohmann::json&() const { return *value_; }  // NOLINT: as json is one

  // As a T; throws std::invalid_argument with a sentence if it is missing or no T.
  template <class T>
  [[nodiscard]] T get() const {
    if (!detail::is_json_v<T> && value_->is_null())
      throw std::invalid_argument(name() + " is missing");
    return detail::value_as<T>(*value_, name());
  }
  template <detail::FromParams T>
  operator T() const {  // NOLINT: as json does
    return get<T>();
  }

  // The member under this key, or the fallback if there is none or it is null; of its type.
  template <class T>
  [[nodiscard]] detail::OwnedType<T> value(std::string_view key, T fallback) const {
    const Params member = (*this)[key];
    if (member.is_null()) return detail::OwnedType<T>(std::move(fallback));
    return member.template get<detail::OwnedType<T>>();
  }
  [[nodiscard]] std::string value(std::string_view key, const char* fallback) const {
    return value<const char*>(key, fallback);
  }

  [[nodiscard]] bool contains(std::string_view key) const { return value_->contains(key); }
  [[nodiscard]] Params at(std::string_view key) const {
    Params member = (*this)[key];
    if (!contains(key)) throw std::invalid_argument(member.name() + " is missing");
    return member;
  }
  [[nodiscard]] std::size_t size() const { return value_->size(); }
  [[nodiscard]] bool empty() const { return value_->empty(); }
  [[nodiscard]] std::string dump(int indent = -1) const { return value_->dump(indent); }
  [[nodiscard]] auto begin() const { return value_->begin(); }
  [[nodiscard]] auto end() const { return value_->end(); }
  [[nodiscard]] auto items() const { return value_->items(); }

  [[nodiscard]] bool is_null() const { return value_->is_null(); }
  [[nodiscard]] bool is_string() const { return value_->is_string(); }
  [[nodiscard]] bool is_boolean() const { return value_->is_boolean(); }
  [[nodiscard]] bool is_number() const { return value_->is_number(); }
  [[nodiscard]] bool is_number_integer() const { return value_->is_number_integer(); }
  [[nodiscard]] bool is_number_unsigned() const { return value_->is_number_unsigned(); }
  [[nodiscard]] bool is_number_float() const { return value_->is_number_float(); }
  [[nodiscard]] bool is_array() const { return value_->is_array(); }
  [[nodiscard]] bool is_object() const { return value_->is_object(); }

  friend bool operator==(const Params& left, const Params& right) {
    return *left.value_ == *right.value_;
  }
  template <class T>
  requires(!std::same_as<T, Params>) friend bool operator==(const Params& left, const T& right) {
    return *left.value_ == nlohmann::json(right);
  }
  friend void to_json(nlohmann::json& json, const Params& params) { json = *params.value_; }

 private:
  [[nodiscard]] std::string name() const {
    return path_.empty() ? "the params" : "param '" + path_ + "'";
  }

  const nlohmann::json* value_;
  std::string path_;
};

}  // namespace action
#pragma GCC visibility pop

// log("to {}", params()["to"]): text as it is, anything else as JSON.
template <>
struct fmt::formatter<action::Params> : fmt::formatter<std::string> {
  auto format(const action::Params& params, fmt::format_context& context) const {
    const std::string text = params.is_string() ? params.get<std::string>() : params.dump();
    return fmt::formatter<std::string>::format(text, context);
  }
};

#endif
