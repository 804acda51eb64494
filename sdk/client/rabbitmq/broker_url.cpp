#include "client/rabbitmq/broker_url.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace action {
namespace {

constexpr std::string_view kExample = "write it as amqp://user:password@host:5672/%2f";
constexpr std::string_view kWhiteSpace = " \t\r\n";

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

std::string escape(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (is_unreserved(c))
      out += c;
    else
      out += fmt::format("%{:02x}", static_cast<unsigned char>(c));
  }
  return out;
}

template <typename Number>
std::optional<Number> to_number(std::string_view text, int base = 10) {
  Number number{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Nothing if a '%' is not followed by two hexadecimal digits, or stands for a zero byte, which
// ends a string in rabbitmq-c.
std::optional<std::string> unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto digits = text.substr(i + 1, 2);
    const auto byte = to_number<unsigned char>(digits, 16);
    if (digits.size() != 2 || !byte || *byte == 0) return std::nullopt;
    out += static_cast<char>(*byte);
    i += 2;
  }
  return out;
}

// Cuts `text` at the first of `marks`: returns what is before, and leaves what is behind.
std::string_view cut(std::string_view& text, std::string_view marks) {
  const auto at = std::min(text.find_first_of(marks), text.size());
  const auto before = text.substr(0, at);
  text.remove_prefix(std::min(text.size(), at + 1));
  return before;
}

Result<void> unescape_into(std::string& field, std::string_view text, std::string_view name) {
  auto plain = unescape(text);
  if (!plain)
    return Error{
        fmt::format("the {} in the broker's URL has a '%' without two hexadecimal digits "
                    "behind it: write '%' itself as %25",
                    name)};
  field = std::move(*plain);
  return {};
}

Result<void> apply_userinfo(BrokerUrl& url, std::string_view userinfo) {
  const bool has_password = userinfo.find(':') != std::string_view::npos;
  if (auto user = unescape_into(url.user, cut(userinfo, ":"), "user"); !user) return user;
  return has_password ? unescape_into(url.password, userinfo, "password") : Result<void>();
}

Result<void> apply_port(BrokerUrl& url, std::string_view text) {
  const auto port = to_number<int>(text);
  if (!port || *port < 1 || *port > 65535)
    return Error{
        fmt::format("the port in the broker's URL must be a number from 1 to 65535: {}", kExample)};
  url.port = *port;
  return {};
}

Result<void> apply_host(BrokerUrl& url, std::string_view text) {
  std::string_view host = text;
  if (text.starts_with('[')) {  // an IPv6 address
    text.remove_prefix(1);
    const bool is_closed = text.find(']') != std::string_view::npos;
    host = cut(text, "]");
    if (!is_closed || (!text.empty() && text.front() != ':'))
      return Error{fmt::format("the broker's URL has a host that can't be read: {}", kExample)};
    if (!text.empty()) text.remove_prefix(1);
  } else {
    host = cut(text, ":");
  }
  if (!host.empty())
    if (auto set = unescape_into(url.host, host, "host"); !set) return set;
  return text.empty() ? Result<void>() : apply_port(url, text);
}

Result<void> apply_parameter(BrokerUrl& url, std::string_view name, const std::string& value) {
  if (name == "heartbeat") {
    const auto seconds = to_number<int>(value);
    if (!seconds || *seconds < 1 || *seconds > 3600)
      return Error{"heartbeat= in the broker's URL: write seconds from 1 to 3600"};
    url.heartbeat = std::chrono::seconds(*seconds);
  } else if (name == "verify") {
    if (value != "verify_peer" && value != "verify_none")
      return Error{"verify= in the broker's URL: write verify_peer or verify_none"};
    url.verify = value == "verify_peer";
  } else if (name == "cacertfile") {
    url.ca_file = value;
  } else if (name == "certfile") {
    url.certificate_file = value;
  } else if (name == "keyfile") {
    url.key_file = value;
  } else if (name == "keypassword") {
    url.key_password = value;
  } else if (name == "connection_timeout") {
    const auto ms = to_number<int>(value);
    if (!ms || *ms < 100 || *ms > 3600'000)
      return Error{
          "connection_timeout= in the broker's URL: write milliseconds from 100 to 3600000"};
    url.connection_timeout = std::chrono::milliseconds(*ms);
  } else {
    return Error{
        fmt::format("unknown parameter '{}' in the broker's URL: there are heartbeat, "
                    "connection_timeout, verify, cacertfile, certfile, keyfile, keypassword",
                    name)};
  }
  return {};
}

Result<void> apply_query(BrokerUrl& url, std::string_view query) {
  while (!query.empty()) {
    auto part = cut(query, "&");
    const auto name = cut(part, "=");
    std::string value;
    if (auto set = unescape_into(value, part, "query"); !set) return set;
    if (auto applied = apply_parameter(url, name, value); !applied) return applied;
  }
  return {};
}

// "user:password@host:port" and then the virtual host, if there is one.
Result<void> apply_base(BrokerUrl& url, std::string_view base) {
  std::string_view authority = cut(base, "/");
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    if (auto set = apply_userinfo(url, authority.substr(0, at)); !set) return set;
    authority.remove_prefix(at + 1);
  }
  if (auto set = apply_host(url, authority); !set) return set;
  return base.empty() ? Result<void>() : unescape_into(url.vhost, base, "virtual host");
}

}  // namespace

std::string BrokerUrl::display() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return fmt::format("{}://{}@{}:{}/{}", tls ? "amqps" : "amqp", escape(user),
                     is_ipv6 ? "[" + host + "]" : host, port, escape(vhost));
}

Result<BrokerUrl> parse_broker_url(std::string_view text) {
  BrokerUrl url;
  if (text.starts_with("amqps://")) {
    url.tls = true;
    url.port = 5671;
  } else if (!text.starts_with("amqp://")) {
    return Error{fmt::format("the broker's URL must begin with amqp:// or amqps://: {}", kExample)};
  }
  std::string_view rest = text.substr(text.find("://") + 3);
  // An unescaped / or ? in the password would make the rest of it a virtual host or a parameter.
  const auto authority_end = std::min(rest.find_first_of("/?"), rest.size());
  if (rest.find('@', authority_end) != std::string_view::npos)
    return Error{
        "the broker's URL has an '@' behind a '/' or a '?': write these three as %40, %2f and %3f "
        "in user, password, virtual host and parameters"};
  const std::string_view base = cut(rest, "?");
  if (auto applied = apply_base(url, base); !applied) return applied.error();
  if (auto applied = apply_query(url, rest); !applied) return applied.error();
  return url;
}

Result<std::vector<std::string_view>> split_broker_urls(std::string_view text) {
  std::vector<std::string_view> urls;
  while (!text.empty()) {
    const auto word = cut(text, kWhiteSpace);
    if (word.empty()) continue;
    if (const auto url = parse_broker_url(word); !url) return url.error();
    urls.push_back(word);
  }
  if (urls.empty()) return Error{fmt::format("the broker's URL is empty: {}", kExample)};
  return urls;
}

bool is_same_virtual_host(std::string_view url, std::string_view other) {
  const auto one = parse_broker_url(url), same = parse_broker_url(other);
  return one && same && one->host == same->host && one->port == same->port &&
         one->vhost == same->vhost;
}

}  // namespace action
