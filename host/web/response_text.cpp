#include "web/response_text.hpp"

#include <fmt/format.h>

#include <utility>

#include <ctime>
#include <nlohmann/json.hpp>

namespace actiond::web {
namespace {

// A contract with whoever checks it: no script, style, frame or form but the page's own.
constexpr char kSecurityHeaders[] =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";

std::string http_date(std::int64_t now_ms) {
  const std::time_t seconds = now_ms / 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

bool has_cache_rule(const Response& response) {
  for (const auto& [name, value] : response.headers)
    if (name == "Cache-Control") return true;
  return false;
}

constexpr std::pair<int, const char*> kReasons[] = {{200, "OK"},
                                                    {303, "See Other"},
                                                    {304, "Not Modified"},
                                                    {400, "Bad Request"},
                                                    {401, "Unauthorized"},
                                                    {403, "Forbidden"},
                                                    {404, "Not Found"},
                                                    {405, "Method Not Allowed"},
                                                    {408, "Request Timeout"},
                                                    {409, "Conflict"},
                                                    {413, "Content Too Large"},
                                                    {414, "URI Too Long"},
                                                    {415, "Unsupported Media Type"},
                                                    {421, "Misdirected Request"},
                                                    {429, "Too Many Requests"},
                                                    {431, "Request Header Fields Too Large"},
                                                    {501, "Not Implemented"},
                                                    {503, "Service Unavailable"}};

}  // namespace

std::string reason_of(int status) {
  for (const auto& [known, reason] : kReasons)
    if (known == status) return reason;
  return status < 500 ? "Refused" : "Internal Server Error";
}

std::string to_text(const Response& response, std::int64_t now_ms, bool keeps_alive,
                    bool has_body) {
  std::string text = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status,
                                 reason_of(response.status), http_date(now_ms));
  text += kSecurityHeaders;
  if (!has_cache_rule(response)) text += "Cache-Control: no-store\r\n";
  for (const auto& [name, value] : response.headers) text += fmt::format("{}: {}\r\n", name, value);
  if (response.status != 304)
    text += fmt::format("Content-Type: {}\r\nContent-Length: {}\r\n", response.content_type,
                        response.body.size());
  text += keeps_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  if (has_body && response.status != 304) text += response.body;
  return text;
}

Response json_response(const std::string& body) {
  Response response;
  response.content_type = "application/json";
  response.body = body + "\n";
  return response;
}

Response json_error(int status, const std::string& sentence) {
  auto response = json_response(nlohmann::json{{"error", sentence}}.dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace));
  response.status = status;
  return response;
}

}  // namespace actiond::web
