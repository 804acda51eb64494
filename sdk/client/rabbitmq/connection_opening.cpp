// How a connection comes to be: addresses, TLS, login. All of it ends at a time that is known.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "client/dial.hpp"
#include "client/rabbitmq/amqp.hpp"
#include "client/rabbitmq/connection.hpp"
#include "client/rabbitmq/limits.hpp"

namespace action {
namespace {

constexpr std::uint32_t kFrameMax = 131072;
// RabbitMQ adds notes of its own to a message's headers (x-death), and sends them in one frame even
// if that is larger than agreed. The decoder takes so much more; it allocates what comes.
constexpr std::uint32_t kBeyondFrameMax = 65536;
constexpr int kPatience = 6;  // times the timeout, with a broker that has begun to answer

amqp_table_entry_t boolean_entry(const char* key, bool value) {
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes(key);
  entry.value.kind = AMQP_FIELD_KIND_BOOLEAN;
  entry.value.value.boolean = value;
  return entry;
}

amqp_table_entry_t text_entry(const char* key, std::string_view text) {
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes(key);
  entry.value.kind = AMQP_FIELD_KIND_UTF8;
  entry.value.value.bytes = to_bytes(text);
  return entry;
}

bool tells(const CloseReason& reason, std::string_view words) {
  return reason.text.find(words) != std::string::npos;
}

// RabbitMQ says by its text alone whether a virtual host is missing or only closed to this user.
std::string advice_for_vhost(const CloseReason& reason, const BrokerUrl& url, bool is_down) {
  if (is_down)
    return fmt::format(
        "look into the broker's log, and start it again (rabbitmqctl restart_vhost "
        "--vhost '{}')",
        url.vhost);
  if (tells(reason, "refused for user"))
    return fmt::format("allow it (rabbitmqctl set_permissions -p '{}' '{}' '.*' '.*' '.*')",
                       url.vhost, url.user);
  return "create it, or correct the end of the broker's URL";
}

std::string explain_login(const CloseReason& reason, const std::string& why, const BrokerUrl& url) {
  if (reason.code == AMQP_ACCESS_REFUSED)
    return fmt::format(
        "the broker at {}:{} refused the login of user '{}': check user and password in the "
        "broker's URL (guest may log in from the broker's own machine only)",
        url.host, url.port, url.user);
  if (const auto limit = explain_limit(reason.text))
    return fmt::format("the broker at {}:{} {}", url.host, url.port, *limit);
  const bool is_down = tells(reason, "vhost '" + url.vhost + "' is down");
  if (reason.code == AMQP_NOT_ALLOWED || is_down)
    return fmt::format(
        "the broker at {}:{} does not let user '{}' use the virtual host '{}' ({}): {}", url.host,
        url.port, url.user, url.vhost, reason.text, advice_for_vhost(reason, url, is_down));
  if (reason.code != 0)
    return fmt::format("the broker at {}:{} ended the login: {}", url.host, url.port, reason.text);
  return fmt::format("login at {}:{} failed ({}): is that the port on which RabbitMQ speaks {}?",
                     url.host, url.port, why, url.tls ? "AMQP over TLS" : "AMQP");
}

// 0 stands for no limit.
template <typename Number>
Number smaller(Number ours, Number theirs) {
  if (ours == 0 || theirs == 0) return std::max(ours, theirs);
  return std::min(ours, theirs);
}

}  // namespace

// Limits of its own: until the broker has said a word, and until it has let us in.
Result<std::unique_ptr<Connection>> Connection::open(const BrokerUrl& url, const std::string& name,
                                                     std::chrono::milliseconds timeout) {
  if (url.connection_timeout.count() > 0) timeout = url.connection_timeout;
  std::unique_ptr<Connection> connection(new Connection(amqp_new_connection()));
  if (auto opened = connection->open_transport(url, timeout); !opened) return opened.error();
  if (auto logged_in = connection->login(url, name); !logged_in) return logged_in.error();
  return connection;
}

Result<void> Connection::open_transport(const BrokerUrl& url, std::chrono::milliseconds timeout) {
  timeout_ = timeout;
  const Time deadline = std::chrono::steady_clock::now() + timeout;
  const auto left = [deadline] {
    return std::chrono::ceil<std::chrono::milliseconds>(deadline -
                                                        std::chrono::steady_clock::now());
  };
  TlsContext context;
  if (url.tls) {
    auto made = tls_context(url);
    if (!made) return made.error();
    context = std::move(*made);
  }
  const auto addresses = resolve(url.host, url.port, timeout);
  if (!addresses) return addresses.error();
  const auto fd = connect_to_first(*addresses, left());
  if (!fd) {
    const bool is_silent = fd.error().text.find("no answer") != std::string::npos;
    return Error{fmt::format(
        "can't connect to the broker at {}:{} ({}): is RabbitMQ running there{}?", url.host,
        url.port, fd.error().text, is_silent ? ", and is a firewall between" : "")};
  }
  if (!url.tls) {
    transport_ = plain_transport(*fd);
    return {};
  }
  auto agreed = tls_transport(*fd, context, url, left());
  if (!agreed) return agreed.error();
  transport_ = std::move(*agreed);
  return {};
}

Result<void> Connection::login(const BrokerUrl& url, const std::string& name) {
  encoder_ = std::make_unique<FrameEncoder>(kFrameMax);
  inbox_ = std::make_unique_for_overwrite<char[]>(kInbox);
  outbox_.assign("AMQP\0\0\x9\x1", 8);
  if (auto sent = flush(); !sent) return sent.error().within("login");
  auto until = std::chrono::steady_clock::now() + timeout_;
  const auto start = await_login(url, AMQP_CONNECTION_START_METHOD, until);
  if (!start) return start.error();
  learn_version(static_cast<amqp_connection_start_t*>(start->decoded)->server_properties);
  // A broker that has begun to answer may ask a directory who the user is.
  until = std::chrono::steady_clock::now() + timeout_ * kPatience;
  if (auto sent = send_credentials(url, name); !sent) return sent;
  const auto tune = await_login(url, AMQP_CONNECTION_TUNE_METHOD, until);
  if (!tune) return tune.error();
  if (auto agreed = agree(*static_cast<amqp_connection_tune_t*>(tune->decoded), url); !agreed)
    return agreed;
  amqp_connection_open_t open{to_bytes(url.vhost), amqp_empty_bytes, true};
  if (auto sent = send(0, AMQP_CONNECTION_OPEN_METHOD, &open); !sent) return sent;
  const auto opened = await_login(url, AMQP_CONNECTION_OPEN_OK_METHOD, until);
  release(0);
  return opened ? Result<void>() : opened.error();
}

// Only this method, or the end, comes next.
Result<amqp_method_t> Connection::await_login(const BrokerUrl& url, amqp_method_number_t method,
                                              Time until) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
  amqp_frame_t frame;
  auto read = read_frame(frame, std::max(left, std::chrono::milliseconds(0)));
  if (!read) return Error{explain_login({}, read.error().text, url)};
  if (!*read) return Error{explain_login({}, amqp_error_string2(AMQP_STATUS_TIMEOUT), url)};
  if (frame.frame_type != AMQP_FRAME_METHOD)
    return Error{explain_login({}, "it speaks another version", url)};
  if (frame.payload.method.id == method) return frame.payload.method;
  const CloseReason reason = close_reason(frame.payload.method);
  return Error{explain_login(reason, fmt::format("{} {}", reason.code, reason.text), url)};
}

Result<void> Connection::send_credentials(const BrokerUrl& url, const std::string& name) {
  std::array capabilities{boolean_entry("consumer_cancel_notify", true),
                          boolean_entry("connection.blocked", true),
                          boolean_entry("authentication_failure_close", true)};
  std::array<amqp_table_entry_t, 3> entries{};
  entries[0].key = amqp_cstring_bytes("capabilities");
  entries[0].value.kind = AMQP_FIELD_KIND_TABLE;
  entries[0].value.value.table = {static_cast<int>(capabilities.size()), capabilities.data()};
  entries[1] = text_entry("connection_name", name);
  entries[2] = text_entry("product", "ActionEvent");
  std::string secret;
  for (const auto* part : {&url.user, &url.password}) secret.append(1, '\0').append(*part);
  amqp_connection_start_ok_t ok{{static_cast<int>(entries.size()), entries.data()},
                                amqp_cstring_bytes("PLAIN"),
                                to_bytes(secret),
                                amqp_cstring_bytes("en_US")};
  return send(0, AMQP_CONNECTION_START_OK_METHOD, &ok);
}

// The library's own heartbeats stay off: it neither reads nor writes.
Result<void> Connection::agree(const amqp_connection_tune_t& theirs, const BrokerUrl& url) {
  amqp_connection_tune_ok_t ok{
      theirs.channel_max, smaller<std::uint32_t>(kFrameMax, theirs.frame_max),
      smaller(static_cast<std::uint16_t>(url.heartbeat.count()), theirs.heartbeat)};
  if (url.heartbeat.count() == 0) ok.heartbeat = 0;
  const auto most_received = static_cast<int>(ok.frame_max + kBeyondFrameMax);
  const int status = amqp_release_buffers_ok(state_)  // or the library would abort
                         ? amqp_tune_connection(state_, ok.channel_max, most_received, 0)
                         : AMQP_STATUS_BAD_AMQP_DATA;
  if (status != AMQP_STATUS_OK) return lost(status);
  frame_max_ = ok.frame_max;
  encoder_ = std::make_unique<FrameEncoder>(ok.frame_max);
  if (auto sent = send(0, AMQP_CONNECTION_TUNE_OK_METHOD, &ok); !sent) return sent;
  heartbeat_ = std::chrono::seconds(ok.heartbeat);
  return {};
}

void Connection::learn_version(const amqp_table_t& server_properties) {
  for (int i = 0; i < server_properties.num_entries; ++i) {
    const auto& entry = server_properties.entries[i];
    if (to_string(entry.key) == "version" && entry.value.kind == AMQP_FIELD_KIND_UTF8)
      server_major_ = std::atoi(to_string(entry.value.value.bytes).c_str());
  }
}

}  // namespace action
