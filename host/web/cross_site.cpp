#include "web/cross_site.hpp"

namespace actiond::web {
namespace {

// "https://host:1" -> "host:1"; of "null", and of what is no origin, nothing.
std::string_view host_of_origin(std::string_view origin) {
  for (const std::string_view scheme : {"http://", "https://"})
    if (origin.starts_with(scheme)) return origin.substr(scheme.size());
  return {};
}

}  // namespace

bool is_safe_method(const std::string& method) {
  return method == "GET" || method == "HEAD";
}

std::string cross_site_refusal(const Request& request) {
  if (is_safe_method(request.method)) return "";
  const auto& site = request.sec_fetch_site;
  if (site == "same-origin" || site == "none") return "";
  if (!site.empty()) return "the request comes from another site";
  if (!request.origin.empty()) {
    const bool is_own = !request.host.empty() && host_of_origin(request.origin) == request.host;
    return is_own ? "" : "the request comes from another site";
  }
  return bearer_token(request).empty()
             ? "a program must send the token, as in 'Authorization: Bearer TOKEN'"
             : "";
}

std::string bearer_token(const Request& request) {
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view header = request.authorization;
  return header.starts_with(kScheme) ? std::string(header.substr(kScheme.size())) : "";
}

}  // namespace actiond::web
