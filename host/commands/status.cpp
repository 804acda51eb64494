// status: the pollers of this machine, asked by their control sockets, and the broker's queues. It
// changes nothing, and says what it can if part of the whole is down.
#include "commands/terminal/status_text.hpp"

#include <fmt/format.h>

#include <future>

#include "base/clock.hpp"
#include "broker/look.hpp"
#include "commands/answers/poller_answers.hpp"
#include "commands/command.hpp"

namespace actiond {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr auto kBrokerTime = 3s;

json json_or_null(const std::optional<std::uint64_t>& number) {
  return number ? json(*number) : json();
}

json queue_json(const QueueLook& queue) {
  json object{{"name", queue.name},
              {"ready", json_or_null(queue.ready)},
              {"consumers", json_or_null(queue.consumers)}};
  for (const auto& [key, number] :
       {std::pair{"later", queue.later}, std::pair{"in_hand", queue.in_hand},
        std::pair{"done", queue.done}, std::pair{"failed", queue.failed}})
    if (number) object[key] = *number;
  if (!queue.problem.empty()) object["problem"] = queue.problem;
  return object;
}

json in_hand_json(const InHandLook& each) {
  return {{"event", each.event},
          {"id", each.id},
          {"queue", each.queue},
          {"poller", each.poller},
          {"since", format_rfc3339(each.since_ms)}};
}

// Broker and queues, as members of the answer.
json broker_of(const Config& config) {
  const auto look = look_at_broker(config, process_name(), kBrokerTime);
  if (!look) return {{"broker", {{"error", look.error().text}}}};
  json broker{{"name", look->name}};
  json queues = json::array();
  for (const auto& queue : look->queues) queues.push_back(queue_json(queue));
  for (const auto& each : look->in_hand) broker["in_hand"].push_back(in_hand_json(each));
  return {{"broker", std::move(broker)}, {"queues", std::move(queues)}};
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
  auto* verb = add_verb(app, common, "status", "show the pollers of this run_dir and the queues",
                        "Example:  actiond status\n          actiond status --json",
                        [&common] { return status(common); });
  add_json_option(*verb, common);
}

}  // namespace actiond
