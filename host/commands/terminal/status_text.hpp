// What `status` knows, for people.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace actiond {

// `status` is what status --json prints; members that are missing or of another type are left out.
std::string status_text(const nlohmann::json& status);

}  // namespace actiond
