#include "client/memcached/connection.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "client/dial.hpp"

namespace action::memcached {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::size_t kReadAtOnce = 65536;

Command storing(const char* verb, const std::string& key, std::string_view value, int expiry_s,
                const std::string& more = {}) {
  Command command{fmt::format("{} {} 0 {} {}{}\r\n", verb, key, expiry_s, value.size(), more)};
  command.bytes.append(value).append(kLineEnd);
  return command;
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return number;
}

// Cuts the first word off.
std::string_view next_word(std::string_view& text) {
  const auto word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(text.size(), word.size() + 1));
  return word;
}

}  // namespace

Command get(std::span<const std::string> keys) {
  Command command{"gets", true};
  for (const auto& key : keys) command.bytes.append(" ").append(key);
  command.bytes += kLineEnd;
  return command;
}

Command get(const std::string& key) {
  return get(std::span(&key, 1));
}

Command set(const std::string& key, std::string_view value) {
  return storing("set", key, value, 0);
}

Command add(const std::string& key, std::string_view value, int expiry_s) {
  return storing("add", key, value, expiry_s);
}

Command swap(const std::string& key, std::string_view value, std::uint64_t version) {
  return storing("cas", key, value, 0, fmt::format(" {}", version));
}

Command increment(const std::string& key, std::uint64_t by) {
  return {fmt::format("incr {} {}\r\n", key, by)};
}

Command touch(const std::string& key, int expiry_s) {
  return {fmt::format("touch {} {}\r\n", key, expiry_s)};
}

Command remove(const std::string& key) {
  return {fmt::format("delete {}\r\n", key)};
}

Command statistics(const std::string& which) {
  return {which.empty() ? "stats\r\n" : fmt::format("stats {}\r\n", which), true};
}

std::optional<std::uint64_t> Reply::number() const {
  return number_of(line);
}

Result<Connection> Connection::open(const ServerAddress& address, milliseconds timeout,
                                    milliseconds patience) {
  const auto end = Clock::now() + timeout;
  const auto places = resolve(address.host, address.port, timeout);
  if (!places) return places.error().within("can't reach " + address.shown);
  const auto rest = std::chrono::ceil<milliseconds>(end - Clock::now());
  const auto fd = connect_to_first(*places, std::max(rest, milliseconds(1)));
  if (!fd) return fd.error().within("can't reach " + address.shown);
  Connection connection(address, *fd, patience);
  const auto version = connection.run(Command{"version\r\n"});
  if (!version) return version.error();
  if (version->line.starts_with("VERSION ")) return connection;
  return Error{fmt::format("{} is no memcached: correct the broker's address", address.shown)};
}

Connection::Connection(Connection&& other) noexcept
    : address_(std::move(other.address_)),
      fd_(std::exchange(other.fd_, -1)),
      patience_(other.patience_),
      received_(std::move(other.received_)),
      read_(other.read_) {}

Connection::~Connection() {
  if (fd_ >= 0) ::close(fd_);
}

void Connection::abandon() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void Connection::interrupt() const {
  ::shutdown(fd_, SHUT_RDWR);
}

Error Connection::lost(const std::string& why) const {
  return {fmt::format("the connection to {} is lost: {}", address_.shown, why)};
}

Result<Reply> Connection::run(const Command& command) {
  auto replies = run(std::span(&command, 1));
  if (!replies) return replies.error();
  return std::move(replies->front());
}

Result<std::vector<Reply>> Connection::run(std::span<const Command> commands) {
  std::string request;
  for (const auto& command : commands) request += command.bytes;
  std::string_view unsent = request;
  std::vector<Reply> replies(commands.size());
  for (std::size_t i = 0; i < commands.size();) {
    const auto whole = read_reply(commands[i].is_reading, replies[i]);
    if (!whole) return whole.error();
    if (*whole)
      ++i;
    else if (auto moved = transfer(unsent); !moved)
      return moved.error();
  }
  received_.erase(0, std::exchange(read_, 0));
  return replies;
}

// Sends what goes out, or receives what has come: the server may want to be read before it reads.
Result<void> Connection::transfer(std::string_view& unsent) {
  pollfd waiting{fd_, static_cast<short>(unsent.empty() ? POLLIN : POLLIN | POLLOUT), 0};
  if (::poll(&waiting, 1, static_cast<int>(patience_.count())) == 0)
    return lost("it does not answer");
  if ((waiting.revents & POLLOUT) != 0) {
    const auto sent = ::send(fd_, unsent.data(), unsent.size(), MSG_NOSIGNAL);
    if (sent > 0) unsent.remove_prefix(static_cast<std::size_t>(sent));
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return lost(std::strerror(errno));
  }
  if ((waiting.revents & ~POLLOUT) == 0) return {};
  char bytes[kReadAtOnce];
  const auto got = ::recv(fd_, bytes, sizeof bytes, 0);
  if (got == 0) return lost("it has closed it");
  if (got > 0) received_.append(bytes, static_cast<std::size_t>(got));
  if (got < 0 && errno != EAGAIN && errno != EINTR) return lost(std::strerror(errno));
  return {};
}

Result<bool> Connection::read_reply(bool is_reading, Reply& reply) {
  for (;;) {
    const auto end = received_.find(kLineEnd, read_);
    if (end == std::string::npos) return false;
    const auto line = std::string_view(received_).substr(read_, end - read_);
    const bool is_refused = line.starts_with("SERVER_ERROR");
    const bool is_misunderstood = line == "ERROR" || line.starts_with("CLIENT_ERROR");
    if (is_misunderstood || (is_reading && is_refused))
      return lost("it refuses a command: " + std::string(line));
    if (!is_reading || line == "END") {
      reply.line = line;
      read_ = end + kLineEnd.size();
      return true;
    }
    auto whole = read_item(line, reply);
    if (!whole || !*whole) return whole;
  }
}

// "VALUE key flags bytes version" and its data, or "STAT name value".
Result<bool> Connection::read_item(std::string_view line, Reply& reply) {
  const auto line_size = line.size() + kLineEnd.size();
  const auto kind = next_word(line);
  Item item;
  item.key = next_word(line);
  if (kind == "STAT") {
    item.value = line;
    read_ += line_size;
    reply.items.push_back(std::move(item));
    return true;
  }
  next_word(line);
  const auto size = number_of(next_word(line)), version = number_of(line);
  if (kind != "VALUE" || !size || !version) return lost("its answer is not understood");
  if (received_.size() < read_ + line_size + *size + kLineEnd.size()) return false;
  item.value = received_.substr(read_ + line_size, *size);
  item.version = *version;
  read_ += line_size + *size + kLineEnd.size();
  reply.items.push_back(std::move(item));
  return true;
}

}  // namespace action::memcached
