// A TCP connection to a host that may have several addresses, some of which lead nowhere.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <string>
#include <vector>

#include "client/result.hpp"

namespace action {

struct Address {
  sockaddr_storage socket{};
  socklen_t size = 0;
  std::string text;  // "10.0.0.1", "::1"
};

// Every address of the host, in the order in which the system wants them tried. Blocks for at most
// `timeout`, however long the name servers take. Fails with a sentence.
Result<std::vector<Address>> resolve(const std::string& host, int port,
                                     std::chrono::milliseconds timeout);

// Tries them one after the other, the next one also when nothing was heard for 250 ms, and returns
// the socket (non-blocking, closed by exec) of the first that answers. Blocks for at most
// `timeout`. The error says of each why it failed: "10.0.0.1: Connection refused, 10.0.0.2: no
// answer".
Result<int> connect_to_first(const std::vector<Address>& addresses,
                             std::chrono::milliseconds timeout);

}  // namespace action
