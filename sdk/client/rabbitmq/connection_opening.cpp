// How a connection comes to be: addresses, TLS, login.
#include <fmt/format.h>

#include <array>
#include <fstream>

#include "client/rabbitmq/amqp.hpp"
#include "client/rabbitmq/connection.hpp"
#include "client/rabbitmq/dial.hpp"
#include "client/rabbitmq/limits.hpp"

namespace action {
namespace {

constexpr int kFrameMax = 131072;  // smaller ones run into a corked last frame, see MSG_MORE
// A broker that has begun to answer may ask a directory who the user is.
constexpr int kPatience = 6;

amqp_table_entry_t boolean_entry(const char* key, bool value) {
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes(key);
  entry.value.kind = AMQP_FIELD_KIND_BOOLEAN;
  entry.value.value.boolean = value;
  return entry;
}

bool is_encrypted(const std::string& key_file) {
  std::ifstream file(key_file);
  for (std::string line; std::getline(file, line);)
    if (line.find("ENCRYPTED") != std::string::npos) return true;
  return false;
}

// OpenSSL would ask the terminal for a passphrase that it is not given, even an empty one.
Result<void> configure_key(amqp_socket_t* socket, const BrokerUrl& url) {
  if (url.certificate_file.empty()) return {};
  const std::string key = url.key_file.empty() ? url.certificate_file : url.key_file;
  amqp_ssl_socket_set_key_passwd(socket, url.key_password.c_str());
  if (amqp_ssl_socket_set_key(socket, url.certificate_file.c_str(), key.c_str()) == AMQP_STATUS_OK)
    return {};
  if (is_encrypted(key))
    return Error{
        fmt::format("the key {} is encrypted and {}: give its passphrase with "
                    "&keypassword= in the broker's URL, or store the key without one",
                    key,
                    url.key_password.empty() ? "there is no passphrase for it"
                                             : "can't be read with that passphrase")};
  return Error{fmt::format(
      "can't use the client certificate {} with the key {}: both must be PEM files that you may "
      "read, named by ?certfile= and &keyfile=",
      url.certificate_file, key)};
}

// OpenSSL is started by the library on first use; only the files are ours to set.
Result<void> configure_tls(amqp_socket_t* socket, const BrokerUrl& url) {
  const std::string ca = url.ca_file.empty() ? "/etc/ssl/certs/ca-certificates.crt" : url.ca_file;
  if (url.verify && amqp_ssl_socket_set_cacert(socket, ca.c_str()) != AMQP_STATUS_OK)
    return Error{
        fmt::format("can't read the certificates in {}: install ca-certificates or name "
                    "a file with ?cacertfile=",
                    ca)};
  amqp_ssl_socket_set_verify_peer(socket, url.verify);
  amqp_ssl_socket_set_verify_hostname(socket, url.verify);
  return configure_key(socket, url);
}

std::string explain_open(int status, const BrokerUrl& url) {
  const std::string where = fmt::format("{}:{}", url.host, url.port);
  switch (status) {
    case AMQP_STATUS_SSL_PEER_VERIFY_FAILED:
    case AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED:
      return fmt::format(
          "the broker at {} shows a certificate that is not trusted ({}): use a host "
          "name it is made for, or name its authority with ?cacertfile=",
          where, amqp_error_string2(status));
    case AMQP_STATUS_TIMEOUT:
      return fmt::format(
          "the broker at {} does not answer: is it the right host, and is a firewall "
          "between?",
          where);
    default:
      return fmt::format("can't connect to the broker at {} ({}): is RabbitMQ running there?",
                         where, amqp_error_string2(status));
  }
}

std::string explain_login(const amqp_rpc_reply_t& reply, const BrokerUrl& url) {
  const CloseReason reason = close_reason(reply);
  if (reason.code == AMQP_ACCESS_REFUSED)
    return fmt::format(
        "the broker at {}:{} refused the login of user '{}': check user and password in the "
        "broker's URL (guest may log in from the broker's own machine only)",
        url.host, url.port, url.user);
  if (const auto limit = explain_limit(reason.text))
    return fmt::format("the broker at {}:{} {}", url.host, url.port, *limit);
  if (reason.code == AMQP_NOT_ALLOWED)
    return fmt::format(
        "the broker at {}:{} does not let user '{}' use the virtual host '{}' ({}): "
        "create it, or correct the end of the broker's URL",
        url.host, url.port, url.user, url.vhost, reason.text);
  return fmt::format("login at {}:{} failed ({}): is that the port on which RabbitMQ speaks {}?",
                     url.host, url.port, describe(reply), url.tls ? "AMQP over TLS" : "AMQP");
}

}  // namespace

// The library gives a login one limit in all, so one that was answered and not done is made again
// with a longer one.
Result<std::unique_ptr<Connection>> Connection::open(const BrokerUrl& url, const std::string& name,
                                                     std::chrono::milliseconds timeout) {
  if (url.connection_timeout.count() > 0) timeout = url.connection_timeout;
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (const int patience : {1, kPatience}) {
    std::unique_ptr<Connection> connection(new Connection(amqp_new_connection()));
    if (auto opened = connection->open_socket(url, timeout, timeout * patience); !opened)
      return opened.error();
    auto logged_in = connection->login(url, name);
    if (logged_in) return connection;
    const bool is_answering = amqp_get_server_properties(connection->state_)->num_entries > 0;
    if (!is_answering || std::chrono::steady_clock::now() < deadline || patience == kPatience)
      return logged_in.error();
  }
  return Error{};
}

Result<void> Connection::open_socket(const BrokerUrl& url, std::chrono::milliseconds timeout,
                                     std::chrono::milliseconds login_timeout) {
  timeout_ = timeout;
  if (auto opened = url.tls ? open_tls(url) : open_tcp(url); !opened) return opened;
  const timeval limit = timeval_of(timeout), login_limit = timeval_of(login_timeout);
  amqp_set_handshake_timeout(state_, &login_limit);
  amqp_set_rpc_timeout(state_, &limit);
  return {};
}

Result<void> Connection::open_tcp(const BrokerUrl& url) {
  const auto deadline = std::chrono::steady_clock::now() + timeout_;
  const auto addresses = resolve(url.host, url.port, timeout_);
  if (!addresses) return addresses.error();
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - std::chrono::steady_clock::now());
  const auto fd = connect_to_first(*addresses, left);
  if (!fd) {
    const bool is_silent = fd.error().text.find("no answer") != std::string::npos;
    return Error{fmt::format(
        "can't connect to the broker at {}:{} ({}): is RabbitMQ running there{}?", url.host,
        url.port, fd.error().text, is_silent ? ", and is a firewall between" : "")};
  }
  amqp_socket_t* socket = amqp_tcp_socket_new(state_);
  if (socket == nullptr) return Error{"can't create a socket: out of memory"};
  amqp_tcp_socket_set_sockfd(socket, *fd);
  return {};
}

// The library takes no socket of ours here; name servers that don't answer are found before.
Result<void> Connection::open_tls(const BrokerUrl& url) {
  amqp_socket_t* socket = amqp_ssl_socket_new(state_);
  if (socket == nullptr) return Error{"can't create a socket: out of memory"};
  if (auto configured = configure_tls(socket, url); !configured) return configured;
  const auto addresses = resolve(url.host, url.port, timeout_);
  if (!addresses) return addresses.error();
  const timeval limit = timeval_of(timeout_);
  const int status = amqp_socket_open_noblock(socket, url.host.c_str(), url.port, &limit);
  if (status != AMQP_STATUS_OK) return Error{explain_open(status, url)};
  return {};
}

Result<void> Connection::login(const BrokerUrl& url, const std::string& name) {
  std::array capabilities{boolean_entry("consumer_cancel_notify", true),
                          boolean_entry("connection.blocked", true),
                          boolean_entry("authentication_failure_close", true)};
  std::array<amqp_table_entry_t, 2> entries{};
  entries[0].key = amqp_cstring_bytes("capabilities");
  entries[0].value.kind = AMQP_FIELD_KIND_TABLE;
  entries[0].value.value.table = {static_cast<int>(capabilities.size()), capabilities.data()};
  entries[1].key = amqp_cstring_bytes("connection_name");
  entries[1].value.kind = AMQP_FIELD_KIND_UTF8;
  entries[1].value.value.bytes = to_bytes(name);
  const amqp_table_t properties{static_cast<int>(entries.size()), entries.data()};
  const auto reply = amqp_login_with_properties(
      state_, url.vhost.c_str(), 0, kFrameMax, static_cast<int>(url.heartbeat.count()), &properties,
      AMQP_SASL_METHOD_PLAIN, url.user.c_str(), url.password.c_str());
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) return Error{explain_login(reply, url)};
  return {};
}

}  // namespace action
