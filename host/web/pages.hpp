// The pages' files as they are sent: addresses with the base path, and how long they may be kept.
#pragma once

#include <optional>
#include <string>

#include "base/config/config.hpp"
#include "web/request.hpp"

namespace actiond::web {

// &, <, > and quotes as HTML has them: the text stands for itself, within tags and attributes.
std::string html_escaped(std::string_view text);

// "page" or "login".
Response html_page(const std::string& name, const Config& config);

// page.css, page.js, icon.svg; nothing for another name.
std::optional<Response> static_file(const std::string& name, const Request& request);

// Is this one of the pages that people go to?
bool is_page_name(const std::string& name);

}  // namespace actiond::web
