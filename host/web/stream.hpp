// A connection's bytes, plain or by TLS.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

#include "base/config/web_config.hpp"
#include "base/result.hpp"

namespace actiond::web {

// All of it returns at once; what is given is called from the loop, with whether it went well.
class Stream {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;

  virtual ~Stream() = default;
  virtual void begin(std::function<void(bool)> done) = 0;
  virtual void read_some(boost::asio::mutable_buffer into,
                         std::function<void(bool, std::size_t)> done) = 0;
  // All of `bytes`, which must live until `done` is called.
  virtual void write(boost::asio::const_buffer bytes, std::function<void(bool)> done) = 0;
  virtual void close() = 0;
};

class StreamMaker {
 public:
  // Fails if certificate or key can't be used.
  static Result<StreamMaker> make(const WebConfig& web);
  StreamMaker(StreamMaker&&) noexcept;
  ~StreamMaker();

  bool is_secure() const { return tls_ != nullptr; }
  std::unique_ptr<Stream> stream(Stream::Socket socket) const;

 private:
  struct Tls;
  StreamMaker();
  std::unique_ptr<Tls> tls_;  // none: plain
};

}  // namespace actiond::web
