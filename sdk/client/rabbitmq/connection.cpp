#include "client/rabbitmq/connection.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "client/rabbitmq/amqp.hpp"

namespace action {
namespace {

constexpr int kFrameMax = 131072;  // smaller ones run into a corked last frame, see MSG_MORE

// rabbitmq-c takes a negative time for a wrong parameter.
timeval to_timeval(std::chrono::milliseconds time) {
  const auto ms = std::max<std::chrono::milliseconds::rep>(0, time.count());
  return {ms / 1000, (ms % 1000) * 1000};
}

amqp_table_entry_t boolean_entry(const char* key, bool value) {
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes(key);
  entry.value.kind = AMQP_FIELD_KIND_BOOLEAN;
  entry.value.value.boolean = value;
  return entry;
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
  const std::string key = url.key_file.empty() ? url.certificate_file : url.key_file;
  if (!url.certificate_file.empty() &&
      amqp_ssl_socket_set_key(socket, url.certificate_file.c_str(), key.c_str()) != AMQP_STATUS_OK)
    return Error{fmt::format(
        "can't use the client certificate {} with the key {}: both must be PEM files that you may "
        "read, named by ?certfile= and &keyfile=",
        url.certificate_file, key)};
  return {};
}

std::string explain_open(int status, const BrokerUrl& url) {
  const std::string where = fmt::format("{}:{}", url.host, url.port);
  switch (status) {
    case AMQP_STATUS_HOSTNAME_RESOLUTION_FAILED:
      return fmt::format("the broker's host {} is not known: check the broker's URL", url.host);
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
  if (reason.code == AMQP_NOT_ALLOWED)
    return fmt::format(
        "the broker at {}:{} does not let user '{}' use the virtual host '{}' ({}): "
        "create it, or correct the end of the broker's URL",
        url.host, url.port, url.user, url.vhost, reason.text);
  return fmt::format("login at {}:{} failed ({}): is that the port on which RabbitMQ speaks {}?",
                     url.host, url.port, describe(reply), url.tls ? "AMQP over TLS" : "AMQP");
}

}  // namespace

CloseReason close_reason(const amqp_method_t& method) {
  if (method.id == AMQP_CHANNEL_CLOSE_METHOD) {
    auto* close = static_cast<amqp_channel_close_t*>(method.decoded);
    return {close->reply_code, to_string(close->reply_text)};
  }
  if (method.id == AMQP_CONNECTION_CLOSE_METHOD) {
    auto* close = static_cast<amqp_connection_close_t*>(method.decoded);
    return {close->reply_code, to_string(close->reply_text)};
  }
  return {};
}

CloseReason close_reason(const amqp_rpc_reply_t& reply) {
  if (reply.reply_type != AMQP_RESPONSE_SERVER_EXCEPTION) return {};
  return close_reason(reply.reply);
}

std::string describe(const amqp_rpc_reply_t& reply) {
  switch (reply.reply_type) {
    case AMQP_RESPONSE_NORMAL:
      return "no error";
    case AMQP_RESPONSE_NONE:
      return "the broker sent no reply";
    case AMQP_RESPONSE_LIBRARY_EXCEPTION:
      return amqp_error_string2(reply.library_error);
    case AMQP_RESPONSE_SERVER_EXCEPTION: {
      const CloseReason reason = close_reason(reply);
      if (reason.code == 0) return fmt::format("unexpected method {:#x}", reply.reply.id);
      return fmt::format("{} {}", reason.code, reason.text);
    }
  }
  return "unknown reply";
}

Result<std::unique_ptr<Connection>> Connection::open(const BrokerUrl& url, const std::string& name,
                                                     std::chrono::milliseconds timeout) {
  std::unique_ptr<Connection> connection(new Connection(amqp_new_connection()));
  if (auto opened = connection->open_socket(url, timeout); !opened) return opened.error();
  if (auto logged_in = connection->login(url, name); !logged_in) return logged_in.error();
  return connection;
}

Connection::~Connection() {
  amqp_destroy_connection(state_);
}

Result<void> Connection::open_socket(const BrokerUrl& url, std::chrono::milliseconds timeout) {
  const timeval limit = to_timeval(timeout);
  amqp_socket_t* socket = url.tls ? amqp_ssl_socket_new(state_) : amqp_tcp_socket_new(state_);
  if (socket == nullptr) return Error{"can't create a socket: out of memory"};
  if (url.tls)
    if (auto configured = configure_tls(socket, url); !configured) return configured;
  const int status = amqp_socket_open_noblock(socket, url.host.c_str(), url.port, &limit);
  if (status != AMQP_STATUS_OK) return Error{explain_open(status, url)};
  amqp_set_handshake_timeout(state_, &limit);
  amqp_set_rpc_timeout(state_, &limit);
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

int Connection::fd() const {
  return amqp_get_sockfd(state_);
}

Result<void> Connection::open_channel(amqp_channel_t channel) {
  amqp_channel_open(state_, channel);
  return check_rpc("opening a channel");
}

Result<void> Connection::reopen_channel(amqp_channel_t channel) {
  amqp_channel_close_ok_t ok{};
  if (auto sent = send(channel, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok); !sent) return sent;
  return open_channel(channel);
}

Result<bool> Connection::next_frame(amqp_frame_t& frame) {
  return next_frame(frame, std::chrono::milliseconds(0));
}

Result<bool> Connection::next_frame(amqp_frame_t& frame, std::chrono::milliseconds timeout) {
  const timeval limit = to_timeval(timeout);
  const int status = amqp_simple_wait_frame_noblock(state_, &frame, &limit);
  if (status == AMQP_STATUS_TIMEOUT) return false;
  if (status != AMQP_STATUS_OK) return lost(status);
  if (frame.frame_type == AMQP_FRAME_METHOD &&
      frame.payload.method.id == AMQP_CONNECTION_CLOSE_METHOD)
    is_open_ = false;
  return true;
}

void Connection::release(amqp_channel_t channel) {
  amqp_maybe_release_buffers_on_channel(state_, channel);
}

Result<void> Connection::send(amqp_channel_t channel, amqp_method_number_t method, void* fields) {
  const int status = amqp_send_method(state_, channel, method, fields);
  if (status != AMQP_STATUS_OK) return lost(status);
  return {};
}

Error Connection::lost(int status) {
  is_open_ = false;
  return {fmt::format("the connection to the broker was lost ({})", amqp_error_string2(status))};
}

amqp_rpc_reply_t Connection::reply() {
  const auto reply = amqp_get_rpc_reply(state_);
  const bool is_channels_end = reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION &&
                               reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD;
  if (reply.reply_type != AMQP_RESPONSE_NORMAL && !is_channels_end) is_open_ = false;
  return reply;
}

Result<void> Connection::check_rpc(const std::string& doing) {
  const auto answer = reply();
  if (answer.reply_type == AMQP_RESPONSE_NORMAL) return {};
  return Error{doing + ": " + describe(answer)};
}

void Connection::push_out(std::size_t body_size) {
  constexpr std::size_t frame_overhead = 8;
  const auto frame_max = static_cast<std::size_t>(amqp_get_frame_max(state_));
  if (body_size == 0 || body_size % (frame_max - frame_overhead) != 0) return;
  const int on = 1;  // it is on already; setting it again sends what is held back, see tcp(7)
  ::setsockopt(fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int Connection::server_major() const {
  const amqp_table_t* properties = amqp_get_server_properties(state_);
  for (int i = 0; i < properties->num_entries; ++i) {
    const auto& entry = properties->entries[i];
    if (to_string(entry.key) == "version" && entry.value.kind == AMQP_FIELD_KIND_UTF8)
      return std::atoi(to_string(entry.value.value.bytes).c_str());
  }
  return 0;
}

Result<void> Connection::close(std::chrono::milliseconds timeout) {
  const timeval limit = to_timeval(timeout);
  amqp_set_rpc_timeout(state_, &limit);
  return close();
}

Result<void> Connection::close() {
  is_open_ = false;
  const auto reply = amqp_connection_close(state_, AMQP_REPLY_SUCCESS);
  if (reply.reply_type == AMQP_RESPONSE_NORMAL) return {};
  return Error{"closing the connection to the broker: " + describe(reply)};
}

}  // namespace action
