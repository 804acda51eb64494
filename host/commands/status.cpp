// status: the pollers of this machine, asked by their control sockets, and the broker's queues. It
// changes nothing, and says what it can if part of the whole is down.
#include "commands/status_text.hpp"

#include <fmt/format.h>

#include <future>

#include "client/topology.hpp"
#include "commands/broker_access.hpp"
#include "commands/command.hpp"
#include "commands/local_pollers.hpp"
#include "poller/control_socket.hpp"

namespace actiond {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr auto kAnswerTime = 2s;
constexpr auto kBrokerTime = 3s;

json silent_poller(std::optional<int> id, pid_t pid, const std::string& state,
                   const std::string& problem) {
  return {{"id", id ? json(*id) : json()}, {"pid", pid}, {"state", state}, {"problem", problem}};
}

// Nothing if the poller has ended meanwhile.
std::optional<json> ask(const PollerSocket& socket) {
  auto answer = ask_poller(socket.path, {{"command", "status"}}, kAnswerTime);
  if (answer) return std::move(*answer);
  std::error_code error;
  if (!std::filesystem::exists(socket.path, error)) return std::nullopt;
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

bool has_socket(const std::vector<PollerSocket>& sockets, pid_t pid) {
  for (const auto& socket : sockets)
    if (socket.pid == pid) return true;
  return false;
}

// What a PID file tells of a poller that has no control socket.
json poller_of(int id, const PidRecord& record) {
  if (open_process(record))
    return silent_poller(id, record.pid, "does not answer", "it has no control socket");
  return silent_poller(
      id, record.pid, "gone",
      fmt::format("it has ended without removing its PID file, as by kill -9: start it "
                  "with actiond start --id {0}, or forget it with actiond stop --id {0}",
                  id));
}

Result<json> pollers_of(const Config& config) {
  const auto found = find_pollers(config.run_dir);
  if (!found) return found.error();
  json pollers = ask_all(found->sockets);
  for (const auto& [id, record] : found->pid_records)
    if (!has_socket(found->sockets, record.pid)) pollers.push_back(poller_of(id, record));
  return pollers;
}

// A queue that is not there is no problem: the first poller or event declares it.
json depth_of(action::Connection& connection, const std::string& name, const std::string& queue) {
  const auto depth = action::queue_depth(connection, kAccessChannel, queue);
  if (!depth && depth.error().text.find("404 NOT_FOUND") != std::string::npos)
    return {{"name", name}, {"ready", json()}, {"consumers", json()}};
  if (!depth)
    return {
        {"name", name}, {"ready", json()}, {"consumers", json()}, {"problem", depth.error().text}};
  return {{"name", name}, {"ready", depth->messages}, {"consumers", depth->consumers}};
}

// Broker and queues, as members of the answer.
json broker_of(const Config& config) {
  const auto target = broker_target(config);
  auto access = target ? reach_broker(*target, kBrokerTime) : target.error();
  if (!access) return {{"broker", {{"error", access.error().text}}}};
  const auto& topology = target->topology;
  json queues = json::array();
  for (const auto& queue : topology.queues)
    queues.push_back(depth_of(*access->connection, queue, topology.queue(queue)));
  queues.push_back(depth_of(*access->connection, "dead", topology.dead()));
  (void)access->connection->close(1s);
  return {{"broker", {{"name", access->name}}}, {"queues", std::move(queues)}};
}

Result<int> status(const Common& common) {
  auto config = load(common);
  if (!config) return config.error();
  auto broker = std::async(std::launch::async, broker_of, std::cref(*config));
  auto pollers = pollers_of(*config);
  json status = broker.get();
  if (!pollers) return pollers.error();
  status["pollers"] = std::move(*pollers);
  if (common.is_json)
    print_json(status);
  else
    fmt::print("{}", status_text(status));
  return kDone;
}

}  // namespace

void add_status(CLI::App& app, Common& common) {
  auto* verb = add_verb(app, common, "status", "the pollers of this machine, and the queues",
                        "Example:  actiond status\n          actiond status --json",
                        [&common] { return status(common); });
  add_json_option(*verb, common);
}

}  // namespace actiond
