#include "answers/picture.hpp"

#include <future>
#include <optional>
#include <utility>

#include "answers/fleet_asker.hpp"
#include "answers/poller_answers.hpp"
#include "base/clock.hpp"
#include "broker/look.hpp"

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
  if (queue.oldest_ms) object["oldest_ms"] = *queue.oldest_ms;
  object["paused"] = queue.pause.has_value();
  if (queue.pause)
    object["pause"] = {{"by", queue.pause->by},
                       {"at_ms", queue.pause->at_ms},
                       {"at", format_rfc3339(queue.pause->at_ms)},
                       {"reason", queue.pause->reason}};
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

json silent_json(const RosterEntry& silent) {
  return {{"poller", silent.name.text()},
          {"host", silent.name.host},
          {"state", "does not answer"},
          {"problem", silent.at_ms == 0 ? "nobody has heard of it for ten minutes"
                                        : "last heard of " + format_rfc3339(silent.at_ms)}};
}

}  // namespace

json look_at_queues(const Config& config, const std::string& name) {
  const auto look = look_at_broker(config, name, kBrokerTime);
  if (!look) return {{"broker", {{"error", look.error().text}}}};
  json broker{{"name", look->name}};
  json queues = json::array();
  for (const auto& queue : look->queues) queues.push_back(queue_json(queue));
  for (const auto& each : look->in_hand) broker["in_hand"].push_back(in_hand_json(each));
  return {{"broker", std::move(broker)}, {"queues", std::move(queues)}};
}

Result<json> take_picture(const Config& config, const std::string& name) {
  auto broker = std::async(std::launch::async, look_at_queues, std::cref(config), std::cref(name));
  auto pollers = ask_pollers(config.run_dir);
  json picture = broker.get();
  if (!pollers) return pollers.error();
  picture["pollers"] = std::move(*pollers);
  return picture;
}

Result<json> take_fleet_picture(const Config& config, const std::string& name,
                                const std::string& host, const std::string& asker) {
  auto broker = std::async(std::launch::async, look_at_queues, std::cref(config), std::cref(name));
  auto fleet = ask_fleet(config, name, host, asker);
  json picture = broker.get();
  if (!fleet) return fleet.error();
  picture.update(*fleet);
  return picture;
}

Result<json> ask_fleet(const Config& config, const std::string& name, const std::string& host,
                       const std::string& asker) {
  auto opened = FleetAsker::open(config, name, asker);
  if (!opened) return opened.error();
  auto report = opened->ask({host, {}}, {{"command", "status"}});
  if (!report) return report.error();
  json answer{{"fleet", report->to_json()}, {"pollers", std::move(report->answers)}};
  for (const auto& silent : report->missing) answer["pollers"].push_back(silent_json(silent));
  return answer;
}

}  // namespace actiond
