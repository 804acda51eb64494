#include "answers/poller_answers.hpp"

#include <fmt/format.h>

#include <future>

#include "answers/local_pollers.hpp"
#include "poller/face/control_socket.hpp"

namespace actiond {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr auto kAnswerTime = 2s;

json silent_poller(std::optional<int> id, pid_t pid, const std::string& state,
                   const std::string& problem) {
  return {{"id", id ? json(*id) : json()}, {"pid", pid}, {"state", state}, {"problem", problem}};
}

// Nothing if the poller has ended meanwhile.
std::optional<json> ask(const PollerSocket& socket) {
  auto answer = ask_poller(socket.path, {{"command", "status"}}, kAnswerTime);
  if (answer) return std::move(*answer);
  if (!is_listening(socket.path)) return std::nullopt;
  return silent_poller(socket.id, socket.pid, "does not answer", answer.error().text);
}

// All at once: one that hangs must not hold up the others.
json ask_all(const std::vector<PollerSocket>& sockets) {
  std::vector<std::future<std::optional<json>>> answers;
  for (const auto& socket : sockets)
    answers.push_back(std::async(std::launch::async, ask, std::cref(socket)));
  json pollers = json::array();
  for (auto& answer : answers)
    if (auto poller = answer.get()) pollers.push_back(std::move(*poller));
  return pollers;
}

bool has_socket(const std::vector<PollerSocket>& sockets, int id, pid_t pid) {
  for (const auto& socket : sockets)
    if (socket.id == id && socket.pid == pid) return true;
  return false;
}

// What a PID file tells of a poller that has no control socket.
json poller_of(const std::filesystem::path& run_dir, int id, const PidRecord& record) {
  if (is_alive(pid_path(run_dir, id), record))
    return silent_poller(id, record.pid, "does not answer", "it has no control socket");
  return silent_poller(
      id, record.pid, "gone",
      fmt::format("it has ended without removing its PID file, perhaps by kill -9: start it "
                  "with actiond start --id {0}, or remove the file with actiond stop --id {0}",
                  id));
}

}  // namespace

Result<json> ask_pollers(const std::filesystem::path& run_dir) {
  const auto found = find_pollers(run_dir);
  if (!found) return found.error();
  json pollers = ask_all(found->sockets);
  for (const auto& [id, record] : found->pid_records)
    if (!has_socket(found->sockets, id, record.pid))
      pollers.push_back(poller_of(run_dir, id, record));
  return pollers;
}

}  // namespace actiond
