// One connection: reads a request, has it answered, writes that, and reads the next.
#pragma once

#include <array>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "web/request_reader.hpp"
#include "web/server.hpp"

namespace actiond::web {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Server& server, std::unique_ptr<Stream> stream, std::string peer);

  void begin();
  // The server forgets it.
  void end();
  // Since when it has kept the server waiting: for a request, or to take its answer.
  bool is_waiting() const { return is_waiting_; }
  MonotonicTime since() const { return since_; }

 private:
  void await_peer(std::chrono::seconds time);
  void await_request();
  void read();
  void on_bytes(std::size_t got);
  void answer_request();
  void write(const Response& response, bool keeps_alive, bool has_body);
  void arm(std::chrono::seconds time);

  Server& server_;
  std::unique_ptr<Stream> stream_;
  std::string peer_;
  boost::asio::steady_timer timer_;
  RequestReader reader_;
  std::array<char, 4096> part_;
  std::string output_;
  bool is_waiting_ = true;
  bool has_ended_ = false;
  MonotonicTime since_ = monotonic_now();
};

}  // namespace actiond::web
