// A RabbitMQ address, as in https://www.rabbitmq.com/uri-spec.html and its query parameters.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

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
  std::string key_password;                         // ?keypassword=; of an encrypted key
  std::chrono::milliseconds connection_timeout{0};  // ?connection_timeout=; 0: the caller's
  std::chrono::seconds heartbeat{10};               // ?heartbeat=

  // "amqp://guest@127.0.0.1:5672/%2f": for people and logs, without the password.
  std::string display() const;
};

// What the URL leaves out is as above (port 5671 with amqps); an empty virtual host is "/".
// Fails on another scheme, a bad port, an unknown query parameter. The error quotes nothing that
// could be the user or the password, even of a text that is mistyped.
Result<BrokerUrl> parse_broker_url(std::string_view text);

// Several of them, separated by white space: each as it stands in `text`, from which it borrows.
// Fails if there is none, or if parse_broker_url refuses one.
Result<std::vector<std::string_view>> split_broker_urls(std::string_view text);

// Do these two lead to the same queues?
bool is_same_virtual_host(std::string_view url, std::string_view other);

}  // namespace action
