// Any bytes into a poller's control socket: each conversation ends with an answer of one line, or
// with none if no line came.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fuzz.hpp"
#include "poller/face/control_socket.hpp"

using namespace actiond;

namespace {

// The members are read as pollers do it.
nlohmann::json reply(const nlohmann::json& request) {
  const auto timeout = stop_timeout(request, std::chrono::milliseconds(0));
  if (!timeout) return {{"error", timeout.error().text}};
  return {{"command", request.value("command", "")},
          {"now", request.value("now", false)},
          {"timeout_ms", timeout->count()}};
}

int connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) __builtin_trap();
  return fd;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static boost::asio::io_context io{1};
  static const std::string path = "/tmp/actiond-fuzz-" + std::to_string(::getpid()) + ".sock";
  static LoopClock clock(io);
  static ControlSocket socket(io, clock, path, &reply);
  static const bool is_listening = socket.listen().ok();
  if (!is_listening || size > 100000) return 0;
  const int fd = connect_to(path);
  (void)!::write(fd, data, size);
  ::shutdown(fd, SHUT_WR);
  while (io.poll() > 0) continue;
  io.restart();
  ::close(fd);
  return 0;
}
