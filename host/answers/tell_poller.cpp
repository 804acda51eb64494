#include "answers/tell_poller.hpp"

#include <fmt/format.h>

#include "answers/local_pollers.hpp"
#include "poller/face/control_socket.hpp"

namespace actiond {
namespace {

constexpr std::chrono::seconds kTellPollerTime{2};

}  // namespace

Result<nlohmann::json> tell_poller(const std::filesystem::path& run_dir, int id,
                                   const nlohmann::json& command) {
  const auto found = find_pollers(run_dir);
  if (!found) return found.error();
  const auto record = found->pid_records.find(id);
  for (const auto& socket : found->sockets) {
    if (socket.id != id || record == found->pid_records.end() || socket.pid != record->second.pid)
      continue;
    auto answer = ask_poller(socket.path, command, kTellPollerTime);
    if (!answer) return answer.error();
    if (!answer->contains("error")) return answer;
    return Error{fmt::format("poller {}: {}", id, answer->value("error", ""))};
  }
  return Error{fmt::format("no poller {0} runs: start it with actiond start --id {0}", id)};
}

}  // namespace actiond
