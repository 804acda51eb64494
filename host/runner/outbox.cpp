#include "runner/outbox.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace actiond {

void Outbox::write_all() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t written = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) ::_exit(0);
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  buffer_.clear();
}

}  // namespace actiond
