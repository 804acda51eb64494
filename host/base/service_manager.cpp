#include "base/service_manager.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "base/fd.hpp"

extern char** environ;

namespace actiond {
namespace {

constexpr std::string_view kOwnVariables[] = {"ACTIOND_RUNNER", "NOTIFY_SOCKET", "WATCHDOG_PID",
                                              "WATCHDOG_USEC",  "LISTEN_PID",    "LISTEN_FDS",
                                              "LISTEN_FDNAMES"};

// A path, or with '@' in front a name in the abstract namespace (unix(7)).
socklen_t address_of(std::string_view name, sockaddr_un& address) {
  address.sun_family = AF_UNIX;
  if (name.empty() || name.size() >= sizeof address.sun_path) return 0;
  std::memcpy(address.sun_path, name.data(), name.size());
  if (name.front() == '@') address.sun_path[0] = '\0';
  return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
}

// `passed` goes along as SCM_RIGHTS; -1: none.
void send_to_manager(std::string_view text, int passed) {
  const char* const name = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  const auto size = name == nullptr ? 0 : address_of(name, address);
  const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (size == 0 || !socket) return;
  iovec part{const_cast<char*>(text.data()), text.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{&address, size, &part, 1, nullptr, 0, 0};
  if (passed >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &passed, sizeof passed);
  }
  (void)::sendmsg(socket.get(), &message, MSG_NOSIGNAL);  // who does not listen is not waited for
}

// sd_notify_barrier(3): the manager closes what it is passed once it has read all before it.
void await_manager(std::chrono::milliseconds limit) {
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) return;
  const UniqueFd read_end(pipe[0]);
  UniqueFd write_end(pipe[1]);
  send_to_manager("BARRIER=1", write_end.get());
  write_end.reset();
  pollfd closed{read_end.get(), POLLHUP, 0};
  ::poll(&closed, 1, static_cast<int>(limit.count()));
}

}  // namespace

bool has_service_manager() {
  return std::getenv("NOTIFY_SOCKET") != nullptr;
}

void announce_main_process(std::chrono::milliseconds limit, pid_t pid) {
  if (!has_service_manager()) return;
  send_to_manager(fmt::format("MAINPID={}\nREADY=1", pid), -1);
  await_manager(limit);
}

std::vector<char*> environment_of_a_child(const std::vector<std::string>& without) {
  const auto is_in = [](const auto& names, std::string_view name) {
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
  };
  std::vector<char*> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    const auto name = text.substr(0, text.find('='));
    if (!is_in(kOwnVariables, name) && !is_in(without, name)) variables.push_back(*variable);
  }
  variables.push_back(nullptr);
  return variables;
}

}  // namespace actiond
