#include "web/connection.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "web/response_text.hpp"

namespace actiond::web {

Connection::Connection(Server& server, std::unique_ptr<Stream> stream, std::string peer)
    : server_(server), stream_(std::move(stream)), peer_(std::move(peer)), timer_(server.io_) {}

void Connection::begin() {
  arm(kHeaderTime);
  stream_->begin([self = shared_from_this()](bool is_good) {
    if (!is_good) return self->end();
    self->read();
  });
}

void Connection::end() {
  if (std::exchange(has_ended_, true)) return;
  timer_.cancel();
  stream_->close();
  server_.forget(*this);
}

// Whoever sends nothing, or takes nothing, for so long is cut off.
void Connection::arm(std::chrono::seconds time) {
  timer_.expires_after(time);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error) self->end();
  });
}

void Connection::await_peer(std::chrono::seconds time) {
  is_waiting_ = true;
  since_ = monotonic_now();
  arm(time);
}

void Connection::await_request() {
  await_peer(kHeaderTime);
  on_bytes(0);
}

void Connection::read() {
  if (has_ended_) return;
  stream_->read_some(boost::asio::buffer(part_),
                     [self = shared_from_this()](bool is_good, std::size_t got) {
                       if (!is_good || self->has_ended_) return self->end();
                       self->on_bytes(got);
                     });
}

void Connection::on_bytes(std::size_t got) {
  switch (reader_.feed({part_.data(), got})) {
    case RequestReader::State::NeedsMore:
      return read();
    case RequestReader::State::Ready:
      return answer_request();
    case RequestReader::State::Refused: {
      const auto& refusal = reader_.refusal();
      return write(json_error(refusal.status, refusal.sentence), false, true);
    }
  }
}

void Connection::answer_request() {
  is_waiting_ = false;
  timer_.cancel();
  Request request = reader_.take_request();
  request.peer = peer_;
  request.is_secure = server_.streams_.is_secure();
  if (server_.trusts_proxy_) {
    if (!request.forwarded_for.empty()) request.peer = request.forwarded_for;
    request.is_secure |= request.forwarded_proto == "https";
  }
  const bool keeps_alive = request.keeps_alive, has_body = request.method != "HEAD";
  server_.handler_(request, [self = shared_from_this(), keeps_alive, has_body](Response response) {
    boost::asio::post(self->server_.io_,
                      [self, keeps_alive, has_body, response = std::move(response)] {
                        self->write(response, keeps_alive, has_body);
                      });
  });
}

void Connection::write(const Response& response, bool keeps_alive, bool has_body) {
  if (!response.note.empty()) {  // also if whoever asked is gone: it has been done
    server_.log_.info("{}", response.note);
    server_.log_.flush();
  }
  if (has_ended_) return;
  output_ = to_text(response, wall_now_ms(), keeps_alive, has_body);
  await_peer(kWriteTime);
  stream_->write(boost::asio::buffer(output_), [self = shared_from_this(), keeps_alive](bool good) {
    self->output_ = {};
    if (!good || !keeps_alive || self->has_ended_) return self->end();
    self->await_request();
  });
}

}  // namespace actiond::web
