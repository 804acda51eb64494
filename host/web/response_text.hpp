// A response as it goes over the wire, with the headers that every one of them has.
#pragma once

#include <string>

#include "web/request.hpp"

namespace actiond::web {

// `keeps_alive`: the connection takes further requests. `has_body` is false for HEAD, whose answer
// has the length of a body and none.
std::string to_text(const Response& response, std::int64_t now_ms, bool keeps_alive, bool has_body);

// "Not Found"
std::string reason_of(int status);

// {"error": sentence}, or for people a line of text.
Response json_error(int status, const std::string& sentence);
Response json_response(const std::string& body);

}  // namespace actiond::web
