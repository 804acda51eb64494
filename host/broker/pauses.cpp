#include "broker/pauses.hpp"

#include <nlohmann/json.hpp>

#include "base/json_parts.hpp"

namespace actiond {

using nlohmann::json;

std::string to_text(const Pause& pause) {
  return json{{"by", pause.by}, {"at_ms", pause.at_ms}, {"reason", pause.reason}}.dump(
      -1, ' ', false, json::error_handler_t::replace);
}

Pause pause_in(std::string_view text) {
  const auto object = json::parse(text, nullptr, false);
  if (!object.is_object()) return {};
  return {text_in(object, "by"), number_in(object, "at_ms"), text_in(object, "reason")};
}

}  // namespace actiond
