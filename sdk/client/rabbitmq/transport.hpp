// A stream of bytes to a broker, plain or over TLS. No call waits: what there is no room for is not
// taken, and what is not there is not awaited.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>

#include "client/rabbitmq/broker_url.hpp"
#include "client/result.hpp"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace action {

class Transport {
 public:
  virtual ~Transport() = default;  // closes the socket without a word

  // The socket, to be waited on.
  virtual int fd() const = 0;
  // Takes as much from the front of `bytes` as there is room for, and returns how much: 0 is none.
  // Fails when the stream is over.
  virtual Result<std::size_t> send(std::string_view bytes) = 0;

  struct Received {
    std::size_t size = 0;  // 0: nothing is there
    bool is_all = true;    // nothing more was there a moment ago
  };
  // Copies what is there, at most `size` bytes. Fails when the stream is over.
  virtual Result<Received> receive(char* to, std::size_t size) = 0;
};

// The stream of a connected, non-blocking socket, which it closes at its end.
std::unique_ptr<Transport> plain_transport(int fd);

// The certificates and the key that the URL names. Fails with a sentence if one can't be used.
using TlsContext = std::shared_ptr<ssl_ctx_st>;
Result<TlsContext> tls_context(const BrokerUrl& url);

// The same stream over TLS, once both sides have agreed and the broker is verified. Blocks up to
// `timeout`. Fails with a sentence, and has closed the socket.
Result<std::unique_ptr<Transport>> tls_transport(int fd, const TlsContext& context,
                                                 const BrokerUrl& url,
                                                 std::chrono::milliseconds timeout);

}  // namespace action
