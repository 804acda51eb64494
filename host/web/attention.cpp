#include "web/attention.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/json_parts.hpp"
#include "web/times.hpp"

namespace actiond::web {
namespace {

using nlohmann::json;

constexpr std::uint64_t kLeastEvents = 20;  // before a share of them says anything
constexpr double kManyFailed = 0.05;
constexpr double kManyMore = 3;
constexpr std::size_t kMostPollersNamed = 5;

std::string counted(std::uint64_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

bool takes_events(const std::string& state) {
  return state == "working" || state == "idle";
}

// Also of one that comes, or goes.
bool is_well(const std::string& state) {
  return takes_events(state) || state == "loading" || state == "leaving" || state == "quiet";
}

// The last error of an event, by the pollers that live.
std::string last_error(const PollersView* pollers, const std::string& event) {
  std::int64_t newest = -1;
  std::string error;
  if (pollers == nullptr) return error;
  for (const auto& poller : pollers->pollers)
    for (const auto& failure : list_in(poller, "failures"))
      if (text_in(failure, "event") == event && number_in(failure, "at_ms") > newest) {
        newest = number_in(failure, "at_ms");
        error = text_in(failure, "error");
      }
  return error.substr(0, error.find('\n'));
}

// The deploy that came last before `at_ms`, which is known to the minute.
const Mark* deploy_before(const std::vector<Mark>& marks, std::int64_t at_ms) {
  for (const auto& mark : marks)  // newest first
    if ((mark.kind == MarkKind::Swap || mark.kind == MarkKind::Rollback) &&
        mark.set_before != mark.set_after && mark.at_ms < at_ms + kMinute_ms)
      return &mark;
  return nullptr;
}

void add_broker(const View& view, std::vector<Attention>& found) {
  if (!view.broker) return;
  const auto& seen = view.broker->queues;
  const auto error = seen.contains("broker") ? text_in(seen["broker"], "error") : "";
  if (!error.empty()) found.push_back({true, "The broker does not answer", error, 0, "", 0, ""});
  std::vector<std::string> stuck;
  std::uint64_t waiting = 0;
  for (const auto& queue : list_in(seen, "queues")) {
    const bool is_stuck = queue.contains("consumers") && queue["consumers"].is_number() &&
                          number_in(queue, "consumers") == 0 && number_in(queue, "ready") > 0;
    if (!is_stuck || text_in(queue, "name") == "dead") continue;
    stuck.push_back(text_in(queue, "name"));
    waiting += static_cast<std::uint64_t>(number_in(queue, "ready"));
  }
  if (!stuck.empty())
    found.push_back({true,
                     fmt::format("Nobody takes from the {} {}",
                                 stuck.size() == 1 ? "queue" : "queues", fmt::join(stuck, ", ")),
                     fmt::format("{} there", counted(waiting, "event waits", "events wait")), 0, "",
                     0, "pollers"});
}

void add_pollers(const View& view, std::vector<Attention>& found) {
  if (!view.pollers) return;
  if (!view.pollers->problem.empty())
    found.push_back(
        {true, "The pollers can't be looked for", view.pollers->problem, 0, "", 0, "pollers"});
  const auto& pollers = view.pollers->pollers;
  std::vector<Attention> troubled;
  std::size_t working = 0;
  for (const auto& poller : pollers) {
    const auto state = text_in(poller, "state");
    const auto refusal = poller.contains("reload") ? text_in(poller["reload"], "problem") : "";
    const auto problem = refusal.empty() ? text_in(poller, "problem") : refusal;
    working += takes_events(state) ? 1 : 0;
    if (!problem.empty() || !is_well(state))
      troubled.push_back({refusal.empty() ? !takes_events(state) : true,
                          fmt::format("{}: {}", name_of_poller(poller),
                                      refusal.empty() ? state : "plugins refused"),
                          problem, 0, "", 0, refusal.empty() ? "pollers" : "plugins"});
  }
  const auto more = troubled.size() > kMostPollersNamed ? troubled.size() - kMostPollersNamed : 0;
  if (more > 0) troubled.resize(kMostPollersNamed);
  found.insert(found.end(), troubled.begin(), troubled.end());
  if (more > 0)
    found.push_back({true, counted(more, "more poller is not well", "more pollers are not well"),
                     "", 0, "", 0, "pollers"});
  if (working == 0 && view.pollers->problem.empty() && !pollers.empty())
    found.push_back({true, "No poller takes events", "start one with actiond start --id 1", 0, "",
                     0, "pollers"});
}

void add_dead(const View& view, const EventFigures& event, std::vector<Attention>& found) {
  const auto count =
      event.figures.of(OutcomeLabel::Dead) + event.figures.of(OutcomeLabel::Discarded);
  if (count == 0) return;
  Attention item{
      true,
      fmt::format("{} of {}", counted(count, "dead letter", "dead letters"), event.event),
      last_error(view.pollers.get(), event.event),
      0,
      "",
      0,
      "dead"};
  const auto since = view.statistics->dead_since_ms.find(event.event);
  if (since != view.statistics->dead_since_ms.end()) {
    item.since_ms = since->second;
    if (const auto* deploy = deploy_before(view.statistics->hour.marks, item.since_ms)) {
      item.plugin_set = deploy->set_after;
      item.deploy_ms = deploy->at_ms;
    }
  }
  found.push_back(std::move(item));
}

void add_statistics(const View& view, std::vector<Attention>& found) {
  if (!view.statistics) return;
  if (!view.statistics->problem.empty()) {
    found.push_back({false, "No statistics", view.statistics->problem, 0, "", 0, ""});
    return;
  }
  std::uint64_t all = 0, failed = 0;
  for (const auto& event : view.statistics->hour.events) {
    add_dead(view, event, found);
    all += event.figures.all();
    failed += failed_of(event.figures);
  }
  if (all < kLeastEvents) return;
  const double share = static_cast<double>(failed) / static_cast<double>(all);
  const double day = view.statistics->day_events == 0
                         ? 0
                         : static_cast<double>(view.statistics->day_failed) /
                               static_cast<double>(view.statistics->day_events);
  if (share >= kManyFailed && share > day * kManyMore)
    found.push_back(
        {false, "More attempts fail than usual",
         fmt::format("{:.1f} % in the last hour, {:.1f} % in the last day", share * 100, day * 100),
         0, "", 0, "events"});
}

}  // namespace

std::vector<Attention> attention(const View& view) {
  std::vector<Attention> found;
  add_broker(view, found);
  add_statistics(view, found);
  add_pollers(view, found);
  std::stable_sort(found.begin(), found.end(), [](const Attention& one, const Attention& other) {
    return one.is_alarm > other.is_alarm;
  });
  return found;
}

json attention_json(const View& view) {
  json all = json::array();
  for (const auto& item : attention(view))
    all.push_back({{"is_alarm", item.is_alarm},
                   {"title", item.title},
                   {"detail", item.detail},
                   {"since_ms", item.since_ms},
                   {"plugin_set", item.plugin_set},
                   {"deploy_ms", item.deploy_ms},
                   {"page", item.page}});
  return all;
}

}  // namespace actiond::web
