// Is a request made by another site's page, in the name of whoever is logged in here? Looked at in
// the order of Go's net/http: Sec-Fetch-Site, else Origin against Host. Browsers send
// Sec-Fetch-Site only by TLS and to localhost; who sends neither is no browser, and must bring the
// token.
#pragma once

#include <string>

#include "web/request.hpp"

namespace actiond::web {

// A request that changes nothing.
bool is_safe_method(const std::string& method);

// The sentence of the refusal; empty: it may go on.
std::string cross_site_refusal(const Request& request);

// "Bearer TOKEN" of the request's Authorization; empty: none.
std::string bearer_token(const Request& request);

}  // namespace actiond::web
