#include "base/json_object.hpp"

#include <nlohmann/json.hpp>

namespace actiond {

bool is_json_object(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{' && nlohmann::json::accept(text);
}

}  // namespace actiond
