// Connections: accepted, read from, answered, one loop for all. Slow ones are ended, and when there
// are too many, the one that has kept the page waiting longest makes room.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <list>
#include <memory>

#include "base/fd.hpp"
#include "base/log.hpp"
#include "web/request.hpp"
#include "web/stream.hpp"

namespace actiond::web {

inline constexpr std::size_t kMostConnections = 64;
inline constexpr std::chrono::seconds kHeaderTime{10};  // for a whole request
inline constexpr std::chrono::seconds kWriteTime{10};   // until an answer is taken

class Connection;

class Server {
 public:
  using Answer = std::function<void(Response)>;
  // Called in the loop; answers once, from whichever thread.
  using Handler = std::function<void(const Request&, Answer)>;

  // `io` and `log` must live longer. `trusts_proxy`: who asks is whom X-Forwarded-For names last.
  Server(boost::asio::io_context& io, Log& log, StreamMaker streams, bool trusts_proxy,
         Handler handler);
  ~Server();

  void listen(UniqueFd listener);
  // Ends all connections, and takes no further ones.
  void stop();

 private:
  friend class Connection;
  struct Listener;

  void accept(Listener& listener);
  void take(Stream::Socket socket);
  void make_room();
  void forget(const Connection& connection);

  boost::asio::io_context& io_;
  Log& log_;
  StreamMaker streams_;
  bool trusts_proxy_;
  Handler handler_;
  std::list<std::unique_ptr<Listener>> listeners_;
  std::list<std::shared_ptr<Connection>> connections_;  // oldest first
};

}  // namespace actiond::web
