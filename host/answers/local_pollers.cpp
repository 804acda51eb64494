#include "answers/local_pollers.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <climits>
#include <cstring>
#include <tuple>

#include "base/child_process.hpp"
#include "base/files.hpp"

namespace actiond {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "poller.";
constexpr std::string_view kSocket = ".sock";
constexpr std::string_view kPidFile = ".pid";
constexpr std::size_t kNonceSize = 8;

std::optional<int> positive(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1) return std::nullopt;
  return number;
}

bool is_nonce(std::string_view text) {
  return text.size() == kNonceSize &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// What stands between "poller." and the ending; nothing if the name is not of that form.
std::optional<std::string_view> middle(std::string_view name, std::string_view ending) {
  if (!name.starts_with(kPrefix) || !name.ends_with(ending)) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  if (name.size() < ending.size()) return std::nullopt;
  name.remove_suffix(ending.size());
  return name;
}

// A connection to whoever listens there; none, with errno, if nobody does. Does not wait.
UniqueFd connect_to(const fs::path& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& path = socket.native();
  if (path.size() >= sizeof address.sun_path) return {};
  std::memcpy(address.sun_path, path.data(), path.size());
  UniqueFd connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (connection && ::connect(connection.get(), generic, sizeof address) != 0) connection.reset();
  return connection;
}

void note(const fs::path& path, LocalPollers& found) {
  const std::string name = path.filename();
  if (const auto id = pid_file_id(name)) {
    if (auto record = read_pid_file(path)) found.pid_records.emplace(*id, std::move(*record));
  } else if (auto socket = socket_of(name)) {
    socket->path = path;
    if (is_listening(path)) found.sockets.push_back(std::move(*socket));
  }
}

}  // namespace

std::string poller_name(std::optional<int> id, pid_t pid) {
  return id ? fmt::format("poller {} (pid {})", *id, pid)
            : fmt::format("the console poller (pid {})", pid);
}

std::optional<PollerSocket> socket_of(std::string_view file_name) {
  const auto text = middle(file_name, kSocket);
  if (!text) return std::nullopt;
  const auto dot = text->find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto who = text->substr(0, dot);
  const auto id = positive(who);
  auto process = text->substr(dot + 1);
  if (const auto nonce = process.find('.'); nonce != std::string_view::npos) {
    if (!is_nonce(process.substr(nonce + 1))) return std::nullopt;
    process = process.substr(0, nonce);
  }
  const auto pid = positive(process);
  if (!pid || (!id && who != "console")) return std::nullopt;
  return PollerSocket{id, *pid, fs::path(file_name)};
}

std::optional<int> pid_file_id(std::string_view file_name) {
  const auto text = middle(file_name, kPidFile);
  return text ? positive(*text) : std::nullopt;
}

Result<LocalPollers> find_pollers(const fs::path& run_dir) {
  LocalPollers found;
  std::error_code error;
  for (const auto& path : list_directory(run_dir, error)) note(path, found);
  if (error && error != std::errc::no_such_file_or_directory)
    return Error{fmt::format("run_dir {} can't be read: {}", run_dir.native(), error.message())};
  std::sort(found.sockets.begin(), found.sockets.end(), [](const auto& one, const auto& other) {
    return std::tuple(one.id.value_or(INT_MAX), one.pid) <
           std::tuple(other.id.value_or(INT_MAX), other.pid);
  });
  return found;
}

bool is_listening(const fs::path& socket) {
  return connect_to(socket) || errno == EAGAIN;  // EAGAIN: more ask than it can answer
}

UniqueFd open_process(const PollerSocket& socket) {
  const UniqueFd connection = connect_to(socket.path);
  ucred peer{};
  socklen_t size = sizeof peer;
  // The kernel gives the pid as this process would see it; 0 if it can't see it.
  if (!connection || ::getsockopt(connection.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 ||
      peer.pid == 0)
    return {};
  return open_process(peer.pid);
}

}  // namespace actiond
