// rollback: back to the plugins that ran before. The poller itself does it, as it does when new
// plugins crash: this asks it to, and waits for its successor.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <thread>

#include "answers/local_pollers.hpp"
#include "base/clock.hpp"
#include "commands/command.hpp"
#include "commands/process/tell_fleet.hpp"
#include "poller/face/control_socket.hpp"
#include "poller/plugin_sets/set_record.hpp"

namespace actiond {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr auto kRollbackTime = 2s;
constexpr auto kStartTime = 60s;
constexpr auto kLookAgain = 50ms;

Result<PollerSocket> find_poller(const Config& config, int id) {
  const auto found = find_pollers(config.run_dir);
  if (!found) return found.error();
  const auto record = found->pid_records.find(id);
  for (const auto& socket : found->sockets)
    if (socket.id == id && record != found->pid_records.end() && socket.pid == record->second.pid)
      return socket;
  return Error{
      fmt::format("no poller {} runs: put the plugins back that ran before, and start it "
                  "with actiond start --id {}",
                  id, id)};
}

// Why the poller did not go back, if it has given up on it.
std::string failure(const PollerSocket& poller) {
  const auto status = ask_poller(poller.path, {{"command", "status"}}, kRollbackTime);
  const auto reload = status ? status->value("reload", json::object()) : json::object();
  return reload.value("is_underway", true) ? "" : reload.value("problem", "");
}

Result<pid_t> await(const Config& config, int id, const PollerSocket& poller,
                    const std::string& set) {
  const auto until = monotonic_now() + kStartTime;
  while (monotonic_now() < until) {
    const auto record = read_pid_file(pid_path(config.run_dir, id));
    if (record && record->pid != poller.pid && read_set_record(config.run_dir, id).current == set)
      return record->pid;
    if (auto why = failure(poller); !why.empty()) return Error{std::move(why)};
    std::this_thread::sleep_for(kLookAgain);
  }
  return Error{
      fmt::format("poller {} has not gone back to the set {} within {} s: see its log and "
                  "actiond status",
                  id, set, kStartTime / 1s)};
}

Result<void> roll_back(const Config& config, int id) {
  const auto poller = find_poller(config, id);
  if (!poller) return poller.error();
  const auto answer = ask_poller(poller->path, {{"command", "rollback"}}, kRollbackTime);
  if (!answer) return answer.error();
  if (answer->contains("error"))
    return Error{fmt::format("poller {}: {}", id, answer->value("error", ""))};
  const auto set = answer->value("to", "");
  const auto pid = await(config, id, *poller, set);
  if (!pid) return pid.error();
  fmt::print("poller {} (pid {}) runs the plugin set {}\n", id, *pid, set);
  return {};
}

struct RollbackFlags {
  std::string ids, host;
};

Result<int> rollback(const Common& common, const RollbackFlags& flags) {
  if (flags.ids.empty() && flags.host.empty())
    return refuse({"which pollers? write --id 1, --id 1..8, or --host NAME"});
  const auto config = load(common);
  if (!config) return config.error();
  if (!flags.host.empty())
    return tell_fleet(common, *config, choice_of(flags.host, flags.ids), {{"command", "rollback"}},
                      {"rollback", "rolled_back", "goes back to the plugins it ran before"});
  int status = kDone;
  const auto parsed = parse_ids(flags.ids);
  for (const int id : *parsed)
    if (const auto done = roll_back(*config, id); !done) {
      print_error(done.error());
      status = kFailed;
    }
  return status;
}

}  // namespace

void add_rollback(CLI::App& app, Common& common) {
  auto flags = std::make_shared<RollbackFlags>();
  auto* verb = add_verb(app, common, "rollback", "return to the plugins that a poller ran before",
                        "Example:  actiond rollback --id 1\n"
                        "They stay until the plugin directory changes.",
                        [&common, flags] { return rollback(common, *flags); });
  checked(verb->add_option("--id", flags->ids, "the pollers: 1, or 1..8, or 1,3"), parse_ids)
      ->type_name("N");
  add_host_option(*verb, flags->host);
}

}  // namespace actiond
