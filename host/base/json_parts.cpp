#include "base/json_parts.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace actiond {

using nlohmann::json;

std::string text_in(const json& object, const char* key) {
  if (!object.is_object()) return "";
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string shown_in(const json& object, const char* key) {
  if (!object.is_object()) return "";
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return "";
  return found->is_string() ? found->get<std::string>() : dump(*found);
}

std::int64_t number_in(const json& object, const char* key) {
  if (!object.is_object()) return 0;
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return 0;
  if (!found->is_number_float()) return found->get<std::int64_t>();
  constexpr double kMostWhole = 9e18;  // for which a whole number of 64 bits has room
  return static_cast<std::int64_t>(std::clamp(found->get<double>(), -kMostWhole, kMostWhole));
}

double decimal_in(const json& object, const char* key) {
  if (!object.is_object()) return 0;
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

const json& list_in(const json& object, const char* key) {
  static const json kNone = json::array();
  if (!object.is_object()) return kNone;
  const auto found = object.find(key);
  return found != object.end() && found->is_array() ? *found : kNone;
}

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string name_of_poller(const json& poller) {
  if (const auto name = text_in(poller, "poller"); !name.empty()) return "poller " + name;
  const auto id = number_in(poller, "id");
  return id > 0 ? fmt::format("poller {}", id) : "the console poller";
}

}  // namespace actiond
