#include "client/broker_url.hpp"

#include <amqp.h>
#include <fmt/format.h>

#include <charconv>

namespace action {
namespace {

std::string escape(std::string_view text) {
  std::string out;
  for (unsigned char c : text) {
    if (std::isalnum(c) || std::string_view("-._~").find(static_cast<char>(c)) != std::string::npos)
      out += static_cast<char>(c);
    else
      out += fmt::format("%{:02x}", c);
  }
  return out;
}

// What may be shown of a URL that could not be parsed: nothing before the '@'.
std::string without_userinfo(std::string_view text) {
  auto scheme_end = text.find("://");
  auto at = text.rfind('@');
  if (at == std::string_view::npos) return std::string(text);
  std::string scheme(scheme_end == std::string_view::npos ? "" : text.substr(0, scheme_end + 3));
  return scheme + "…" + std::string(text.substr(at));
}

Result<void> apply_parameter(BrokerUrl& url, std::string_view name, std::string_view value) {
  if (name == "heartbeat") {
    int seconds = 0;
    auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (error != std::errc() || end != value.data() + value.size() || seconds < 1 || seconds > 3600)
      return Error{
          fmt::format("heartbeat={} in the broker URL: write seconds from 1 to 3600", value)};
    url.heartbeat = std::chrono::seconds(seconds);
  } else if (name == "verify") {
    if (value != "verify_peer" && value != "verify_none")
      return Error{
          fmt::format("verify={} in the broker URL: write verify_peer or verify_none", value)};
    url.verify = value == "verify_peer";
  } else if (name == "cacertfile") {
    url.ca_file = value;
  } else if (name == "certfile") {
    url.certificate_file = value;
  } else if (name == "keyfile") {
    url.key_file = value;
  } else {
    return Error{
        fmt::format("unknown parameter '{}' in the broker URL: there are heartbeat, verify, "
                    "cacertfile, certfile, keyfile",
                    name)};
  }
  return {};
}

Result<void> apply_query(BrokerUrl& url, std::string_view query) {
  while (!query.empty()) {
    auto part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    auto equals = part.find('=');
    auto value = equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
    if (auto applied = apply_parameter(url, part.substr(0, equals), value); !applied)
      return applied;
  }
  return {};
}

}  // namespace

std::string BrokerUrl::display() const {
  return fmt::format("{}://{}@{}:{}/{}", tls ? "amqps" : "amqp", escape(user), host, port,
                     escape(vhost));
}

Result<BrokerUrl> parse_broker_url(std::string_view text) {
  auto question = text.find('?');
  std::string base(text.substr(0, question));
  std::string_view query = question == std::string_view::npos ? "" : text.substr(question + 1);
  if (!base.starts_with("amqp://") && !base.starts_with("amqps://"))
    return Error{
        fmt::format("broker '{}' is no amqp:// or amqps:// URL: write it as "
                    "amqp://user:password@host:5672/%2f",
                    without_userinfo(base))};
  BrokerUrl url;
  amqp_connection_info info;
  std::string scratch = base;  // amqp_parse_url writes into its input
  if (amqp_parse_url(scratch.data(), &info) != AMQP_STATUS_OK)
    return Error{
        fmt::format("broker '{}' can't be read as a URL: write it as "
                    "amqp://user:password@host:5672/%2f",
                    without_userinfo(base))};
  url.host = info.host;
  if (url.host.size() > 1 && url.host.front() == '[')
    url.host = url.host.substr(1, url.host.size() - 2);
  url.port = info.port;
  url.user = info.user;
  url.password = info.password;
  url.vhost = info.vhost;
  url.tls = info.ssl;
  if (auto applied = apply_query(url, query); !applied) return applied.error();
  return url;
}

}  // namespace action
