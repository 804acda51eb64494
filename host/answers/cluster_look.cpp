#include "answers/cluster_look.hpp"

#include <algorithm>

#include "answers/poller_answers.hpp"
#include "base/json_parts.hpp"
#include "base/machine_load.hpp"
#include "broker/look.hpp"

namespace actiond {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds kLookTime{3};

// What is not told is not known: then nothing is decided by it.
std::optional<std::uint64_t> waiting_in(const Config& config, const std::string& name) {
  const auto look = look_at_broker(config, name, kLookTime);
  if (!look) return std::nullopt;
  std::uint64_t waiting = 0;
  const auto& queues = config.queues_to_consume();
  for (const auto& queue : look->queues)
    if (!queue.pause && std::find(queues.begin(), queues.end(), queue.name) != queues.end())
      waiting += queue.ready.value_or(0);
  return waiting;
}

double busy_part(const json& poller) {
  const auto runners = std::max<std::int64_t>(1, number_in(poller, "concurrency"));
  return std::min(
      1.0, static_cast<double>(list_in(poller, "in_hand").size()) / static_cast<double>(runners));
}

}  // namespace

Result<ClusterLook> ClusterEye::look() {
  const auto answers = ask_pollers(config_.run_dir);
  if (!answers) return answers.error();
  ClusterLook look;
  pollers_.clear();
  std::map<std::pair<int, int>, std::uint64_t> ended;
  for (const auto& answer : *answers) {
    const auto id = static_cast<int>(number_in(answer, "id"));
    const auto state = text_in(answer, "state");
    const bool is_own = id >= config_.cluster.first_id && id <= config_.cluster.last_id;
    if (!is_own || state == "gone") continue;
    const std::pair key(id, static_cast<int>(number_in(answer, "pid")));
    ended[key] =
        static_cast<std::uint64_t>(number_in(answer, "done") + number_in(answer, "failed"));
    const double busy = busy_part(answer);
    const auto before = ended_.find(key);
    const auto done =
        ended[key] - (before == ended_.end() ? 0 : std::min(ended[key], before->second));
    look.done += done;
    if (before != ended_.end()) {
      look.done_known += done;
      look.busy_known += busy;
    }
    pollers_.push_back({id, state == "leaving", state == "idle"});
    look.pollers += state != "leaving";
    look.busy += busy;
  }
  ended_ = std::move(ended);
  look.waiting = waiting_in(config_, name_);
  const auto machine = machine_load();
  look.load = machine.load;
  look.has_memory = machine.has_memory();
  look.at = monotonic_now();
  return look;
}

std::vector<int> ClusterEye::to_start(int count) const {
  std::vector<int> ids;
  for (int id = config_.cluster.first_id;
       id <= config_.cluster.last_id && static_cast<int>(ids.size()) < count; ++id)
    if (std::none_of(pollers_.begin(), pollers_.end(),
                     [id](const ClusterPoller& poller) { return poller.id == id; }))
      ids.push_back(id);
  return ids;
}

std::vector<int> ClusterEye::to_stop(int count) const {
  std::vector<ClusterPoller> working;
  for (const auto& poller : pollers_)
    if (!poller.is_leaving) working.push_back(poller);
  std::sort(working.begin(), working.end(), [](const auto& one, const auto& other) {
    return std::pair(one.is_idle, one.id) > std::pair(other.is_idle, other.id);
  });
  std::vector<int> ids;
  for (const auto& poller : working)
    if (static_cast<int>(ids.size()) < count) ids.push_back(poller.id);
  return ids;
}

}  // namespace actiond
