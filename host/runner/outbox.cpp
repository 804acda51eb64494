#include "runner/outbox.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "runner/own_process.hpp"
#include "wire/runner_descriptors.hpp"

namespace actiond {

void Outbox::write_all() {
  end_if_copy();
  if (!socket_.is_still_ours()) ::_exit(kCutOffStatus);
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t written = ::send(socket_.number(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) ::_exit(errno == EPIPE || errno == ECONNRESET ? 0 : kCutOffStatus);
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  buffer_.clear();
}

}  // namespace actiond
