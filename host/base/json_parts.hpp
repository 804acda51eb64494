// Members of JSON that others have written, pollers of other versions too: nothing is taken for
// granted, what is missing or of another type is empty.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace actiond {

std::string text_in(const nlohmann::json& object, const char* key);
// The same, but what is no text as JSON has it: "17", "true".
std::string shown_in(const nlohmann::json& object, const char* key);
std::int64_t number_in(const nlohmann::json& object, const char* key);
double decimal_in(const nlohmann::json& object, const char* key);
const nlohmann::json& list_in(const nlohmann::json& object, const char* key);
// Compact; what is no UTF-8 replaced.
std::string dump(const nlohmann::json& json);

// "poller 3", "poller box4/17" or "the console poller".
std::string name_of_poller(const nlohmann::json& poller);

}  // namespace actiond
