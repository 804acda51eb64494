// An event's name, made from its class's at compile time: "app::HTTPPingEvent" is "http_ping".
#ifndef ACTION_DETAIL_NAMES_HPP
#define ACTION_DETAIL_NAMES_HPP

#include <cstddef>
#include <string_view>

#pragma GCC visibility push(hidden)
namespace action {
namespace detail {

inline constexpr std::size_t max_name_size = 255;  // AMQP keeps it in a short string

constexpr bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
constexpr bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr char to_lower(char c) {
  return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool is_event_name(std::string_view name) {
  for (const char c : name) {
    if (!is_lower(c) && !is_digit(c) && c != '_' && c != '.' && c != '-') return false;
  }
  return !name.empty() && name.size() <= max_name_size;
}

// "app::SendEmailEvent" -> "SendEmail"
constexpr std::string_view bare_class_name(std::string_view name) {
  if (const auto colon = name.rfind(':'); colon != name.npos) name.remove_prefix(colon + 1);
  if (name.ends_with("Event")) name.remove_suffix(5);
  return name;
}

// Rails' underscore: a word starts at a capital after a small letter or a digit ("Mail2User"),
// and at the last one of several if a small letter follows ("HTTPPing").
constexpr bool starts_word(std::string_view name, std::size_t at) {
  if (at == 0 || !is_upper(name[at])) return false;
  const char before = name[at - 1];
  const char after = at + 1 < name.size() ? name[at + 1] : '\0';
  return is_lower(before) || is_digit(before) || (is_upper(before) && is_lower(after));
}

// Writes the event's name to `out`, which has room for twice the class's. Returns its size.
constexpr std::size_t write_event_name(std::string_view class_name, char* out) {
  const std::string_view bare = bare_class_name(class_name);
  std::size_t size = 0;
  for (std::size_t i = 0; i < bare.size(); ++i) {
    if (starts_word(bare, i)) out[size++] = '_';
    out[size++] = to_lower(bare[i]);
  }
  return size;
}

template <std::size_t Capacity>
struct EventName {
  char text[Capacity]{};
  std::size_t size = 0;

  constexpr std::string_view view() const { return {text, size}; }
};

template <std::size_t N>
constexpr auto event_name_of(const char (&class_name)[N]) {
  EventName<2 * N> name;
  name.size = write_event_name({class_name, N - 1}, name.text);
  return name;
}

// "app::SendEmailEvent" of that class, as the compiler writes it.
template <class T>
constexpr std::string_view class_name() {
  std::string_view text =
      __PRETTY_FUNCTION__;  // "... [with T = app::SendEmailEvent; ..." or "...]"
  text.remove_prefix(text.find("T = ") + 4);
  return text.substr(0, text.find_first_of(";]"));
}

// The name of a class's event, unless ACTION_EVENT gives it another.
template <class T>
constexpr auto class_event_name() {
  constexpr std::string_view class_text = class_name<T>();
  EventName<2 * class_text.size() + 1> name;
  name.size = write_event_name(class_text, name.text);
  return name;
}

template <std::size_t N>
constexpr auto given_event_name(const char (&given)[N]) {
  EventName<N> name;
  for (name.size = 0; name.size + 1 < N; ++name.size) name.text[name.size] = given[name.size];
  return name;
}

}  // namespace detail
}  // namespace action
#pragma GCC visibility pop

#endif
