#include "answers/health_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/json_parts.hpp"

namespace actiond {
namespace {

using nlohmann::json;

bool is_of(const json& poller, std::optional<int> id) {
  return !id || poller.value("id", json()) == json(*id);
}

// One that is quiet does as it was told.
bool does_as_told(const std::string& state) {
  return state == "working" || state == "idle" || state == "quiet";
}

// It works, but takes nothing from one of its queues.
bool takes_from_all(const json& poller) {
  return poller.value("queue_problems", json::array()).empty();
}

// The sentence for a poller that takes nothing: its state, and why if it says so.
std::string trouble_of(const json& poller) {
  const auto problem = text_in(poller, "problem");
  return fmt::format("{} is not well: {}{}{}", name_of_poller(poller), text_in(poller, "state"),
                     problem.empty() ? "" : ": ", problem);
}

std::string none_runs(std::optional<int> id) {
  if (id) return fmt::format("poller {0} does not run: start it with actiond start --id {0}", *id);
  return "no poller runs: start one with actiond start --id 1";
}

// A successor that is not ready yet: the one that it takes over from goes on until then.
bool is_covered(const json& poller, const json& pollers) {
  const auto state = text_in(poller, "state");
  if (state != "loading" && state != "waiting for the broker") return false;
  const auto id = poller.value("id", json());
  return !id.is_null() && std::ranges::any_of(pollers, [&id](const json& other) {
    return other.is_object() && other.value("id", json()) == id &&
           does_as_told(text_in(other, "state")) && takes_from_all(other);
  });
}

}  // namespace

// One that leaves has handed over already, or was told to go: it says nothing of those that stay.
Health judge_health(const json& pollers, std::optional<int> id) {
  std::vector<const json*> well;
  bool is_any_leaving = false;
  for (const auto& poller : pollers) {
    if (!poller.is_object() || !is_of(poller, id) || is_covered(poller, pollers)) continue;
    const auto state = text_in(poller, "state");
    if (state == "leaving")
      is_any_leaving = true;
    else if (does_as_told(state) && takes_from_all(poller))
      well.push_back(&poller);
    else
      return {false, trouble_of(poller)};
  }
  if (well.size() == 1) {
    const auto state = text_in(*well[0], "state");
    return {true, fmt::format("{} is well: {}", name_of_poller(*well[0]), state)};
  }
  if (!well.empty()) return {true, fmt::format("{} pollers are well", well.size())};
  if (is_any_leaving) return {false, "all pollers are leaving: no event is taken"};
  return {false, none_runs(id)};
}

}  // namespace actiond
