#include "broker/pauses.hpp"

#include <nlohmann/json.hpp>

namespace actiond {
namespace {

using nlohmann::json;

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

std::string to_text(const Pause& pause) {
  return json{{"by", pause.by}, {"at_ms", pause.at_ms}, {"reason", pause.reason}}.dump(
      -1, ' ', false, json::error_handler_t::replace);
}

Pause pause_in(std::string_view text) {
  const auto object = json::parse(text, nullptr, false);
  if (!object.is_object()) return {};
  const auto at = object.find("at_ms");
  const bool has_time = at != object.end() && at->is_number_integer();
  return {text_of(object, "by"), has_time ? at->get<std::int64_t>() : 0, text_of(object, "reason")};
}

}  // namespace actiond
