// status: the pollers of this machine, asked by their control sockets, and the broker's queues. It
// changes nothing, and says what it can if part of the whole is down.
#include "commands/status_text.hpp"

#include <fmt/format.h>

#include <future>

#include "client/topology.hpp"
#include "commands/broker_access.hpp"
#include "commands/command.hpp"
#include "commands/poller_answers.hpp"

namespace actiond {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr auto kBrokerTime = 3s;

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
  auto pollers = ask_pollers(config->run_dir);
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
