#include "web/stream.hpp"

#include <fmt/format.h>

#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace actiond::web {
namespace {

namespace asio = boost::asio;
using Code = boost::system::error_code;

void close_socket(Stream::Socket& socket) {
  Code ignored;
  socket.shutdown(Stream::Socket::shutdown_both, ignored);
  socket.close(ignored);
}

class PlainStream : public Stream {
 public:
  explicit PlainStream(Socket socket) : socket_(std::move(socket)) {}
  void begin(std::function<void(bool)> done) override { done(true); }
  void read_some(asio::mutable_buffer into, std::function<void(bool, std::size_t)> done) override {
    socket_.async_read_some(
        into, [done = std::move(done)](const Code& error, std::size_t got) { done(!error, got); });
  }
  void write(asio::const_buffer bytes, std::function<void(bool)> done) override {
    asio::async_write(socket_, bytes,
                      [done = std::move(done)](const Code& error, std::size_t) { done(!error); });
  }
  void close() override { close_socket(socket_); }

 private:
  Socket socket_;
};

class TlsStream : public Stream {
 public:
  TlsStream(Socket socket, asio::ssl::context& context) : stream_(std::move(socket), context) {}
  void begin(std::function<void(bool)> done) override {
    stream_.async_handshake(asio::ssl::stream_base::server,
                            [done = std::move(done)](const Code& error) { done(!error); });
  }
  void read_some(asio::mutable_buffer into, std::function<void(bool, std::size_t)> done) override {
    stream_.async_read_some(
        into, [done = std::move(done)](const Code& error, std::size_t got) { done(!error, got); });
  }
  void write(asio::const_buffer bytes, std::function<void(bool)> done) override {
    asio::async_write(stream_, bytes,
                      [done = std::move(done)](const Code& error, std::size_t) { done(!error); });
  }
  void close() override { close_socket(stream_.next_layer()); }

 private:
  asio::ssl::stream<Socket> stream_;
};

}  // namespace

struct StreamMaker::Tls {
  asio::ssl::context context{asio::ssl::context::tls_server};
};

StreamMaker::StreamMaker() = default;
StreamMaker::StreamMaker(StreamMaker&&) noexcept = default;
StreamMaker::~StreamMaker() = default;

Result<StreamMaker> StreamMaker::make(const WebConfig& web) {
  StreamMaker maker;
  if (web.certfile.empty()) return maker;
  maker.tls_ = std::make_unique<Tls>();
  auto& context = maker.tls_->context;
  Code error;
  context.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1, error);
  if (!error) context.use_certificate_chain_file(web.certfile.native(), error);
  if (error)
    return Error{
        fmt::format("web.certfile {} can't be used: {}", web.certfile.native(), error.message())};
  context.use_private_key_file(web.keyfile.native(), asio::ssl::context::pem, error);
  if (error)
    return Error{
        fmt::format("web.keyfile {} can't be used: {}", web.keyfile.native(), error.message())};
  return maker;
}

std::unique_ptr<Stream> StreamMaker::stream(Stream::Socket socket) const {
  if (tls_) return std::make_unique<TlsStream>(std::move(socket), tls_->context);
  return std::make_unique<PlainStream>(std::move(socket));
}

}  // namespace actiond::web
