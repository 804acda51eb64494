#include "web/pages.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "web/assets.hpp"

namespace actiond::web {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

std::string address_of(const Config& config, const char* file) {
  return fmt::format("{}{}?v={}", config.web.base_path, file, find_asset(file)->hash);
}

}  // namespace

std::string html_escaped(std::string_view text) {
  std::string escaped;
  for (const char each : text) {
    switch (each) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += each;
    }
  }
  return escaped;
}

Response html_page(const std::string& name, const Config& config) {
  const auto asset = find_asset(name + ".html");
  Response response;
  response.content_type = asset->content_type;
  response.body = asset->content;
  const std::vector<std::pair<std::string, std::string>> values{
      {"{{application}}", config.application},
      {"{{base}}", config.web.base_path},
      {"{{access}}", config.web.is_read_only ? "read-only" : "full"},
      {"{{css}}", address_of(config, "page.css")},
      {"{{js}}", address_of(config, "page.js")},
      {"{{icon}}", address_of(config, "icon.svg")},
      {"{{trace_link}}", config.web.trace_link}};
  for (const auto& [key, value] : values) replace_all(response.body, key, html_escaped(value));
  return response;
}

std::optional<Response> static_file(const std::string& name, const Request& request) {
  if (name != "page.css" && name != "page.js" && name != "icon.svg") return std::nullopt;
  const auto asset = find_asset(name);
  Response response;
  response.content_type = asset->content_type;
  const std::string tag = fmt::format("\"{}\"", asset->hash);
  const bool is_named_by_hash = request.parameter("v") == asset->hash;
  response.headers = {
      {"Cache-Control", is_named_by_hash ? "public, max-age=31536000, immutable" : "no-cache"},
      {"ETag", tag}};
  if (request.if_none_match == tag)
    response.status = 304;
  else
    response.body = asset->content;
  return response;
}

bool is_page_name(const std::string& name) {
  for (const char* known : {"events", "running", "pollers", "plugins", "dead", "later", "cron"})
    if (name == known) return true;
  return false;
}

}  // namespace actiond::web
