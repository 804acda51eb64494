// A RabbitMQ address, as in https://www.rabbitmq.com/uri-spec.html and its query parameters.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "client/result.hpp"

namespace action {

struct BrokerUrl {
  std::string host = "127.0.0.1";
  int port = 5672;
  std::string user = "guest";
  std::string password = "guest";
  std::string vhost = "/";
  bool tls = false;
  bool verify = true;            // ?verify=verify_none turns the peer's verification off
  std::string ca_file;           // ?cacertfile=; empty: the system's certificates
  std::string certificate_file;  // ?certfile= and ?keyfile=: the client's own
  std::string key_file;
  std::chrono::seconds heartbeat{10};  // ?heartbeat=

  // "amqp://guest@127.0.0.1:5672/%2f": for people and logs, without the password.
  std::string display() const;
};

// Fails on another scheme, a bad port, an unknown query parameter; the error never holds the
// user or the password.
Result<BrokerUrl> parse_broker_url(std::string_view text);

}  // namespace action
