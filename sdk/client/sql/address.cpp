#include "client/sql/address.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace action::sql {
namespace {

struct Kind {
  std::string_view scheme, name;
  int port;
};
constexpr Kind kKinds[] = {{"mysql://", "mysql", 3306}, {"postgresql://", "postgresql", 5432}};

constexpr char kAddressExample[] =
    "write it as mysql://user:password@host:3306/database, with %40, %2f and %3f for '@', '/' and "
    "'?' in user and password";

const Kind* kind_of(std::string_view address) {
  for (const auto& kind : kKinds)
    if (address.starts_with(kind.scheme)) return &kind;
  return nullptr;
}

// Cuts `text` at the first `mark`: returns what is before, and leaves what is behind.
std::string_view cut_at(std::string_view& text, char mark) {
  const auto at = std::min(text.find(mark), text.size());
  const auto before = text.substr(0, at);
  text.remove_prefix(std::min(text.size(), at + 1));
  return before;
}

// Nothing if a '%' is not followed by two hexadecimal digits, or stands for a zero byte.
std::optional<std::string> decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned char byte = 0;
    const auto digits = text.substr(i + 1, 2);
    const auto* const last = digits.data() + digits.size();
    const auto [end, error] = std::from_chars(digits.data(), last, byte, 16);
    if (digits.size() != 2 || error != std::errc() || end != last || byte == 0) return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

Result<void> decode_into(std::string& part, std::string_view text, const char* what) {
  auto decoded = decode(text);
  if (!decoded)
    return Error{fmt::format("the {} in the database's address has a '%' without two digits: {}",
                             what, kAddressExample)};
  part = std::move(*decoded);
  return {};
}

Result<void> read_port(DatabaseUrl& url, std::string_view text) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), url.port);
  if (error == std::errc() && end == text.data() + text.size() && url.port >= 1 &&
      url.port <= 65535)
    return {};
  return Error{fmt::format("the port in the database's address is no number from 1 to 65535: {}",
                           kAddressExample)};
}

Result<void> read_host(DatabaseUrl& url, std::string_view text) {
  std::string_view host;
  if (text.starts_with('[')) {
    text.remove_prefix(1);
    host = cut_at(text, ']');
    if (text.starts_with(':')) text.remove_prefix(1);
  } else {
    host = cut_at(text, ':');
  }
  if (!host.empty())
    if (auto read = decode_into(url.host, host, "host"); !read) return read;
  return text.empty() ? Result<void>() : read_port(url, text);
}

Result<void> read_user(DatabaseUrl& url, std::string_view text) {
  if (auto read = decode_into(url.user, cut_at(text, ':'), "user"); !read) return read;
  return decode_into(url.password, text, "password");
}

Result<void> read_tls(DatabaseUrl& url, const std::string& value) {
  if (value == "verify")
    url.tls = Tls::Verify;
  else if (value == "unverified")
    url.tls = Tls::Unverified;
  else if (value == "off")
    url.tls = Tls::Off;
  else
    return Error{"tls= in the database's address: write verify, unverified or off"};
  return {};
}

Result<void> read_parameter(DatabaseUrl& url, std::string_view name, std::string value) {
  if (name == "tls") return read_tls(url, value);
  std::string* const part = name == "socket" ? &url.socket
                            : name == "ca"   ? &url.ca_file
                            : name == "cert" ? &url.certificate_file
                            : name == "key"  ? &url.key_file
                                             : nullptr;
  if (part == nullptr)
    return Error{
        "unknown parameter in the database's address: there are tls, socket, ca, cert, "
        "key"};
  *part = std::move(value);
  return {};
}

Result<void> read_parameters(DatabaseUrl& url, std::string_view query) {
  while (!query.empty()) {
    auto part = cut_at(query, '&');
    const auto name = cut_at(part, '=');
    std::string value;
    if (auto read = decode_into(value, part, "parameter"); !read) return read;
    if (auto read = read_parameter(url, name, std::move(value)); !read) return read;
  }
  return {};
}

// Nobody listens between a program and its own machine.
bool is_local(const DatabaseUrl& url) {
  return !url.socket.empty() || url.host == "localhost" || url.host == "::1" ||
         url.host.starts_with("127.");
}

// "user:password@host:port/database"; the password is shown nowhere.
Result<void> read_base(DatabaseUrl& url, std::string_view base) {
  auto authority = cut_at(base, '/');
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    if (auto read = read_user(url, authority.substr(0, at)); !read) return read;
    authority.remove_prefix(at + 1);
  }
  if (auto read = read_host(url, authority); !read) return read;
  if (auto read = decode_into(url.database, base, "database"); !read) return read;
  if (!url.user.empty() && !url.database.empty()) return {};
  return Error{fmt::format("the database's address names no {}: {}",
                           url.user.empty() ? "user" : "database", kAddressExample)};
}

std::string show(const DatabaseUrl& url) {
  if (!url.socket.empty())
    return fmt::format("{}://{}@{}/{}", url.kind, url.user, url.socket, url.database);
  const bool is_ipv6 = url.host.find(':') != std::string::npos;
  return fmt::format("{}://{}@{}:{}/{}", url.kind, url.user,
                     is_ipv6 ? "[" + url.host + "]" : url.host, url.port, url.database);
}

}  // namespace

bool is_database(std::string_view address) {
  return kind_of(address) != nullptr;
}

Result<DatabaseUrl> parse_database_url(std::string_view text) {
  const auto* const kind = kind_of(text);
  if (kind == nullptr)
    return Error{fmt::format("that is no database's address: {}", kAddressExample)};
  DatabaseUrl url;
  url.kind = kind->name;
  url.port = kind->port;
  text.remove_prefix(kind->scheme.size());
  // An unescaped / or ? in the password would make the rest of it a database or a parameter.
  if (text.find('@', std::min(text.find_first_of("/?"), text.size())) != std::string_view::npos)
    return Error{fmt::format("the database's address has an '@' behind a '/' or a '?': {}",
                             kAddressExample)};
  const auto base = cut_at(text, '?');
  const bool has_tls = text.starts_with("tls=") || text.find("&tls=") != std::string_view::npos;
  if (auto read = read_base(url, base); !read) return read.error();
  if (auto read = read_parameters(url, text); !read) return read.error();
  if (!has_tls && is_local(url)) url.tls = Tls::Off;
  url.shown = show(url);
  return url;
}

bool is_same_database(std::string_view one, std::string_view other) {
  const auto mine = parse_database_url(one), theirs = parse_database_url(other);
  return mine && theirs && mine->kind == theirs->kind && mine->host == theirs->host &&
         mine->port == theirs->port && mine->socket == theirs->socket &&
         mine->database == theirs->database;
}

}  // namespace action::sql
