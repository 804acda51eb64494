#include "client/dial.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <future>
#include <memory>
#include <thread>

namespace action {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kHeadStart{250};  // of an address before the next one, RFC 8305

milliseconds left_until(Clock::time_point deadline) {
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(deadline - Clock::now()));
}

struct Lookup {
  int status = 0;
  int system_error = 0;
  std::vector<Address> addresses;
};

Address address_of(const addrinfo& info) {
  Address address;
  std::memcpy(&address.socket, info.ai_addr, info.ai_addrlen);
  address.size = info.ai_addrlen;
  char text[NI_MAXHOST] = "?";
  ::getnameinfo(info.ai_addr, info.ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
  address.text = text;
  return address;
}

Lookup look_up(const std::string& host, int port, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | flags;
  addrinfo* found = nullptr;
  Lookup lookup;
  lookup.status = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  lookup.system_error = errno;
  if (lookup.status != 0) return lookup;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next)
    lookup.addresses.push_back(address_of(*each));
  ::freeaddrinfo(found);
  return lookup;
}

std::string why_unknown(const Lookup& lookup) {
  return lookup.status == EAI_SYSTEM ? std::strerror(lookup.system_error)
                                     : ::gai_strerror(lookup.status);
}

// One address that is being tried.
struct Candidate {
  const Address* address;
  int fd;
};

class Race {
 public:
  Race(const std::vector<Address>& addresses, milliseconds timeout)
      : addresses_(addresses), deadline_(Clock::now() + timeout) {}
  ~Race() {
    for (const auto& each : running_) ::close(each.fd);
  }

  Result<int> run() {
    while (Clock::now() < deadline_) {
      if (is_next_due()) start();
      if (running_.empty() && next_ == addresses_.size()) break;
      if (const int fd = await(); fd >= 0) return fd;
    }
    for (const auto& each : running_) note(*each.address, "no answer");
    return Error{failures_};
  }

 private:
  bool is_next_due() const {
    return next_ < addresses_.size() && (running_.empty() || Clock::now() >= next_due_);
  }

  void start() {
    const Address& address = addresses_[next_++];
    next_due_ = Clock::now() + kHeadStart;
    const int fd =
        ::socket(address.socket.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return note(address, std::strerror(errno));
    const auto* socket = reinterpret_cast<const sockaddr*>(&address.socket);
    if (::connect(fd, socket, address.size) == 0 || errno == EINPROGRESS) {
      running_.push_back({&address, fd});
      return;
    }
    note(address, std::strerror(errno));
    ::close(fd);
  }

  // Returns the socket that is connected; -1: none is yet.
  int await() {
    std::vector<pollfd> sockets;
    for (const auto& each : running_) sockets.push_back({each.fd, POLLOUT, 0});
    const auto until = next_ < addresses_.size() ? std::min(next_due_, deadline_) : deadline_;
    ::poll(sockets.data(), sockets.size(), static_cast<int>(left_until(until).count()));
    for (std::size_t i = sockets.size(); i-- > 0;)
      if (sockets[i].revents != 0 && has_connected(i)) return take(i);
    return -1;
  }

  bool has_connected(std::size_t index) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(running_[index].fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error == 0) return true;
    note(*running_[index].address, std::strerror(error));
    ::close(take(index));
    return false;
  }

  int take(std::size_t index) {
    const int fd = running_[index].fd;
    running_.erase(running_.begin() + static_cast<long>(index));
    return fd;
  }

  void note(const Address& address, const char* why) {
    failures_ += fmt::format("{}{}: {}", failures_.empty() ? "" : ", ", address.text, why);
  }

  const std::vector<Address>& addresses_;
  Clock::time_point deadline_;
  Clock::time_point next_due_{};
  std::size_t next_ = 0;
  std::vector<Candidate> running_;
  std::string failures_;
};

}  // namespace

// getaddrinfo can't be cut off: its thread is left to itself, and owns all that it uses.
Result<std::vector<Address>> resolve(const std::string& host, int port, milliseconds timeout) {
  if (auto numeric = look_up(host, port, AI_NUMERICHOST); numeric.status == 0)
    return std::move(numeric.addresses);
  auto promise = std::make_shared<std::promise<Lookup>>();
  auto answer = promise->get_future();
  std::thread([promise, host, port] { promise->set_value(look_up(host, port, 0)); }).detach();
  if (answer.wait_for(timeout) != std::future_status::ready)
    return Error{
        fmt::format("no name server has told the address of the broker's host {} within {} "
                    "ms: check the broker's URL and /etc/resolv.conf",
                    host, timeout.count())};
  Lookup lookup = answer.get();
  if (lookup.status != 0)
    return Error{fmt::format("the broker's host {} is not known ({}): check the broker's URL", host,
                             why_unknown(lookup))};
  return std::move(lookup.addresses);
}

Result<int> connect_to_first(const std::vector<Address>& addresses, milliseconds timeout) {
  auto fd = Race(addresses, timeout).run();
  if (!fd) return fd;
  const int on = 1;
  ::setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(*fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  return fd;
}

}  // namespace action
