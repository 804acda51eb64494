#include "proxy.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <deque>

#include "client/rabbitmq/broker_url.hpp"

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void send_at_once(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// A socket belongs to the network of the thread that makes it.
int socket_in(pid_t process) {
  int made = -1;
  const auto make = [&] { made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); };
  if (process == 0) return make(), made;
  std::thread([&] {
    const std::string path = "/proc/" + std::to_string(process) + "/ns/net";
    const int network = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (::setns(network, CLONE_NEWNET) == 0) make();
    ::close(network);
  }).join();
  return made;
}

}  // namespace

struct Proxy::Pair {
  struct Piece {
    Clock::time_point due;
    std::string bytes;  // empty: the end
  };
  struct End {
    int fd = -1;
    bool is_open = true;
    int pieces = 0;
    std::deque<Piece> waiting;  // to be written to it
  };
  explicit Pair(const HeldQueues& held) : hold(held) {}
  ~Pair() {
    ::close(client.fd);
    ::close(broker.fd);
  }
  End client, broker;
  FrameHold hold;         // of what the client says
  bool has_heard = true;  // since the client said something
  int round_trips = 0;

  void write_due() {
    for (End* end : {&client, &broker})
      for (; !end->waiting.empty() && end->waiting.front().due <= Clock::now();
           end->waiting.pop_front()) {
        const std::string& bytes = end->waiting.front().bytes;
        if (bytes.empty()) ::shutdown(end->fd, SHUT_WR);
        (void)!::send(end->fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (end == &client) has_heard = true;
      }
  }
  int next_due_ms() const {
    auto due = Clock::now() + milliseconds(1000);
    for (const End* end : {&client, &broker})
      if (!end->waiting.empty()) due = std::min(due, end->waiting.front().due);
    return static_cast<int>(
        std::max<long>(0, std::chrono::ceil<milliseconds>(due - Clock::now()).count()));
  }
  void read(End& from, End& to, Towards direction, const Lateness& lateness) {
    std::string bytes(65536, '\0');
    const auto size = ::recv(from.fd, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (size < 0) return;
    bytes.resize(static_cast<std::size_t>(size));
    from.is_open = size > 0;
    if (direction == Towards::Broker && size > 0 && has_heard) {
      has_heard = false;
      ++round_trips;
    }
    if (direction == Towards::Broker && size > 0) bytes = hold.pass(bytes);
    if (size > 0 && bytes.empty()) return;
    to.waiting.push_back({Clock::now() + lateness(direction, to.pieces++), std::move(bytes)});
  }
  void pass_kept() {
    if (hold.has_kept()) broker.waiting.push_back({Clock::now(), hold.pass({})});
  }
};

Proxy::Proxy(std::string broker, Lateness lateness, pid_t inside)
    : listener_(socket_in(inside)),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      released_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      broker_port_(action::parse_broker_url(broker)->port),
      url_(std::move(broker)),
      lateness_(std::move(lateness)) {
  sockaddr_in address = loopback(inside == 0 ? 0 : broker_port_);
  socklen_t size = sizeof address;
  ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
  ::listen(listener_, 16);
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  const std::string port = ":" + std::to_string(broker_port_);
  url_.replace(url_.rfind(port), port.size(), ":" + std::to_string(ntohs(address.sin_port)));
  thread_ = std::thread([this] { run(); });
}

Proxy::~Proxy() {
  const std::uint64_t one = 1;
  (void)!::write(stop_, &one, sizeof one);
  thread_.join();
  for (const int fd : {listener_, stop_, released_}) ::close(fd);
}

void Proxy::release() {
  held_.clear();
  const std::uint64_t one = 1;
  (void)!::write(released_, &one, sizeof one);
}

void Proxy::accept_one() {
  auto pair = std::make_unique<Pair>(held_);
  pair->client.fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  pair->broker.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(broker_port_);
  ::connect(pair->broker.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  send_at_once(pair->client.fd);
  send_at_once(pair->broker.fd);
  pairs_.push_back(std::move(pair));
  ++connections_;
}

void Proxy::run() {
  for (;;) {
    std::vector<pollfd> fds{{stop_, POLLIN, 0}, {listener_, POLLIN, 0}, {released_, POLLIN, 0}};
    int timeout_ms = 1000;
    for (auto& pair : pairs_) {
      for (auto* end : {&pair->client, &pair->broker})
        fds.push_back({end->fd, static_cast<short>(end->is_open ? POLLIN : 0), 0});
      timeout_ms = std::min(timeout_ms, pair->next_due_ms());
    }
    ::poll(fds.data(), fds.size(), timeout_ms);
    if (fds[0].revents != 0) return;
    if (std::uint64_t count; ::read(released_, &count, sizeof count) > 0)
      for (auto& pair : pairs_) pair->pass_kept();
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      Pair& pair = *pairs_[i];
      if ((fds[3 + 2 * i].revents & (POLLIN | POLLHUP)) != 0 && pair.client.is_open)
        pair.read(pair.client, pair.broker, Towards::Broker, lateness_);
      if ((fds[4 + 2 * i].revents & (POLLIN | POLLHUP)) != 0 && pair.broker.is_open)
        pair.read(pair.broker, pair.client, Towards::Client, lateness_);
      pair.write_due();
      round_trips_ = std::max(round_trips_.load(), pair.round_trips);
    }
    if (fds[1].revents != 0) accept_one();
  }
}
