#include "client/rabbitmq/transport.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace action {
namespace {

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(int fd) : fd_(fd) {}
  ~PlainTransport() override { ::close(fd_); }
  PlainTransport(const PlainTransport&) = delete;
  PlainTransport& operator=(const PlainTransport&) = delete;

  int fd() const override { return fd_; }

  Result<std::size_t> send(std::string_view bytes) override {
    for (;;) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent >= 0) return static_cast<std::size_t>(sent);
      if (errno == EAGAIN || errno == EWOULDBLOCK) return std::size_t{0};
      if (errno != EINTR) return Error{std::strerror(errno)};
    }
  }

  Result<Received> receive(char* to, std::size_t size) override {
    for (;;) {
      const ssize_t got = ::recv(fd_, to, size, MSG_DONTWAIT);
      if (got > 0)
        return Received{static_cast<std::size_t>(got), static_cast<std::size_t>(got) < size};
      if (got == 0) return Error{"connection closed unexpectedly"};
      if (errno == EAGAIN || errno == EWOULDBLOCK) return Received{};
      if (errno != EINTR) return Error{std::strerror(errno)};
    }
  }

 private:
  int fd_;
};

}  // namespace

std::unique_ptr<Transport> plain_transport(int fd) {
  return std::make_unique<PlainTransport>(fd);
}

}  // namespace action
