#include "answers/health_check.hpp"

#include <fmt/format.h>

#include <vector>

namespace actiond {
namespace {

using nlohmann::json;

// Pollers of other versions may answer otherwise: nothing here is taken for granted.
std::string text_of(const json& poller, const char* key) {
  const auto found = poller.find(key);
  return found != poller.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string poller_text(const json& poller) {
  const auto id = poller.value("id", json());
  return id.is_number() ? fmt::format("poller {}", id.dump()) : "the console poller";
}

bool is_of(const json& poller, std::optional<int> id) {
  return !id || poller.value("id", json()) == json(*id);
}

// One that is quiet does as it was told.
bool does_as_told(const std::string& state) {
  return state == "working" || state == "idle" || state == "quiet";
}

std::string trouble_of(const json& poller) {
  const auto problem = text_of(poller, "problem");
  return fmt::format("{} is not well: {}{}{}", poller_text(poller), text_of(poller, "state"),
                     problem.empty() ? "" : ": ", problem);
}

std::string none_runs(std::optional<int> id) {
  if (id) return fmt::format("poller {0} does not run: start it with actiond start --id {0}", *id);
  return "no poller runs: start one with actiond start --id 1";
}

}  // namespace

// One that leaves has handed over already, or was told to go: it says nothing of those that stay.
Health judge_health(const json& pollers, std::optional<int> id) {
  std::vector<const json*> well;
  bool is_any_leaving = false;
  for (const auto& poller : pollers) {
    if (!poller.is_object() || !is_of(poller, id)) continue;
    const auto state = text_of(poller, "state");
    if (state == "leaving")
      is_any_leaving = true;
    else if (does_as_told(state))
      well.push_back(&poller);
    else
      return {false, trouble_of(poller)};
  }
  if (well.size() == 1) {
    const auto state = text_of(*well[0], "state");
    return {true, fmt::format("{} is well: {}", poller_text(*well[0]), state)};
  }
  if (!well.empty()) return {true, fmt::format("{} pollers are well", well.size())};
  if (is_any_leaving) return {false, "all pollers are leaving: no event is taken"};
  return {false, none_runs(id)};
}

}  // namespace actiond
