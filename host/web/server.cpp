#include "web/server.hpp"

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "web/connection.hpp"
#include "web/listener.hpp"

namespace actiond::web {
namespace {

using Protocol = boost::asio::generic::stream_protocol;
constexpr std::chrono::milliseconds kRest{100};  // when there is no descriptor left

}  // namespace

struct Server::Listener {
  Listener(boost::asio::io_context& io, int fd)
      : acceptor(io, Protocol(AF_INET, 0), fd), rest(io) {}
  boost::asio::basic_socket_acceptor<Protocol> acceptor;
  boost::asio::steady_timer rest;
};

Server::Server(boost::asio::io_context& io, Log& log, StreamMaker streams, bool trusts_proxy,
               Handler handler)
    : io_(io),
      log_(log),
      streams_(std::move(streams)),
      trusts_proxy_(trusts_proxy),
      handler_(std::move(handler)) {}

Server::~Server() {
  stop();
}

void Server::listen(UniqueFd listener) {
  listeners_.push_back(std::make_unique<Listener>(io_, listener.release()));
  accept(*listeners_.back());
}

void Server::stop() {
  listeners_.clear();
  for (const auto connections = connections_; const auto& connection : connections)
    connection->end();
}

void Server::accept(Listener& listener) {
  listener.acceptor.async_accept(
      [this, &listener](const boost::system::error_code& error, Protocol::socket socket) {
        if (error == boost::asio::error::operation_aborted) return;
        if (!error) {
          take(std::move(socket));
          return accept(listener);
        }
        listener.rest.expires_after(kRest);
        listener.rest.async_wait([this, &listener](const boost::system::error_code& stopped) {
          if (!stopped) accept(listener);
        });
      });
}

void Server::take(Stream::Socket socket) {
  make_room();
  if (connections_.size() >= kMostConnections) return;  // all are being answered: let it try again
  auto peer = peer_of(socket.native_handle());
  connections_.push_back(
      std::make_shared<Connection>(*this, streams_.stream(std::move(socket)), std::move(peer)));
  connections_.back()->begin();
}

void Server::make_room() {
  if (connections_.size() < kMostConnections) return;
  std::shared_ptr<Connection> slowest;
  for (const auto& connection : connections_)
    if (connection->is_waiting() && (!slowest || connection->since() < slowest->since()))
      slowest = connection;
  if (slowest) slowest->end();
}

void Server::forget(const Connection& connection) {
  connections_.remove_if([&](const auto& each) { return each.get() == &connection; });
}

}  // namespace actiond::web
