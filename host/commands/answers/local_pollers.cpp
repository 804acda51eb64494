#include "commands/answers/local_pollers.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <climits>
#include <tuple>

#include "base/child_process.hpp"
#include "base/files.hpp"

namespace actiond {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "poller.";
constexpr std::string_view kSocket = ".sock";
constexpr std::string_view kPidFile = ".pid";

std::optional<int> positive(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1) return std::nullopt;
  return number;
}

// What stands between "poller." and the ending; nothing if the name is not of that form.
std::optional<std::string_view> middle(std::string_view name, std::string_view ending) {
  if (!name.starts_with(kPrefix) || !name.ends_with(ending)) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  if (name.size() < ending.size()) return std::nullopt;
  name.remove_suffix(ending.size());
  return name;
}

// The number in a socket's name is enough to tell that nobody is there any more, and not enough
// to tell that somebody is.
bool is_gone(pid_t pid) {
  const UniqueFd process = open_process(pid);
  return process ? has_ended(process) : errno == ESRCH;
}

void note(const fs::path& path, LocalPollers& found) {
  const std::string name = path.filename();
  if (const auto id = pid_file_id(name)) {
    if (auto record = read_pid_file(path)) found.pid_records.emplace(*id, std::move(*record));
  } else if (auto socket = socket_of(name)) {
    socket->path = path;
    if (is_gone(socket->pid))
      ::unlink(path.c_str());
    else
      found.sockets.push_back(std::move(*socket));
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
  const auto pid = positive(text->substr(dot + 1));
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

UniqueFd open_process(const PollerSocket& socket) {
  return open_process(socket.pid);
}

}  // namespace actiond
