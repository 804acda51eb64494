#include "answers/recurring.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <utility>

#include "answers/fleet_asker.hpp"
#include "answers/poller_answers.hpp"
#include "answers/queue_choice.hpp"
#include "base/clock.hpp"
#include "base/json_parts.hpp"
#include "base/text.hpp"
#include "broker/lease.hpp"
#include "broker/target.hpp"
#include "client/event_id.hpp"
#include "client/sender.hpp"
#include "client/trace.hpp"

namespace actiond {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds kCronTime{10};
constexpr std::chrono::seconds kCronLookTime{3};

CronTick this_second() {
  return CronTick(std::chrono::seconds(wall_now_ms() / 1000));
}

std::string time_text(CronTick tick) {
  return format_rfc3339(tick.time_since_epoch() / std::chrono::milliseconds(1));
}

json entry_json(const std::string& name, const CronEntry& entry) {
  return {{"name", name},
          {"schedule", entry.text},
          {"zone", entry.at ? entry.zone : "UTC"},
          {"event", entry.event},
          {"queue", entry.queue},
          {"params", json::parse(entry.params, nullptr, false)},
          {"missed", entry.missed == Missed::All   ? "all"
                     : entry.missed == Missed::One ? "one"
                                                   : "none"}};
}

// With what is remembered of it, if that is known.
void add_mark(json& row, const CronMark* mark) {
  row["paused"] = mark != nullptr ? json(mark->is_paused) : json();
  row["last"] = mark != nullptr && mark->came_s != 0
                    ? json(time_text(CronTick(std::chrono::seconds(mark->came_s))))
                    : json();
}

// Of the one among these pollers that holds the lease.
std::optional<CronMarks> marks_among(const json& pollers) {
  for (const auto& poller : pollers)
    if (poller.is_object() && poller.contains("cron")) return read_marks(poller["cron"].dump());
  return std::nullopt;
}

// The holder has the state in hand while it lives, so nobody else can read it at the broker.
Result<CronMarks> ask_holder(const Config& config, const CronAsker& asker) {
  if (const auto local = ask_pollers(config.run_dir))
    if (auto marks = marks_among(*local)) return std::move(*marks);
  auto fleet = FleetAsker::open(config, asker.process, asker.person);
  if (!fleet) return fleet.error();
  const auto report = fleet->ask(FleetChoice{kToAll, {}}, {{"command", "status"}});
  if (!report) return report.error();
  if (auto marks = marks_among(report->answers)) return std::move(*marks);
  return Error{"no poller that answers holds the state of cron: is one running with it?"};
}

Result<CronMarks> marks_of(const Config& config, const CronAsker& asker) {
  const auto target = target_of(config, asker.process);
  if (!target) return target.error();
  const bool is_rabbit = target->queue_file.empty() && target->database.empty();
  if (is_rabbit && target->memcached.empty()) return ask_holder(config, asker);
  auto lease = open_lease(config, asker.process, obey, kCronLookTime);
  if (!lease) return lease.error();
  const auto state = (*lease)->look();
  if (!state) return state.error();
  return read_marks(state->value_or(""));
}

action::Outgoing outgoing_of(const CronEntry& entry, std::string queue) {
  action::Outgoing event;
  event.queue = std::move(queue);
  event.message.event = entry.event;
  event.message.id = action::new_event_id();
  event.message.body = entry.params;
  event.message.trail.queued_at_ms = wall_now_ms();
  event.message.enqueued_at_s = event.message.trail.queued_at_ms / 1000;
  event.message.sender = "actiond cron run";
  (void)action::join_trace(event.message, {}, {}).ok();  // the environment's, if it has one
  return event;
}

}  // namespace

Result<CronEntry> find_cron_entry(const Config& config, const std::string& name) {
  if (const auto found = config.cron.find(name); found != config.cron.end()) return found->second;
  if (config.cron.empty())
    return Error{"nothing recurs: the configuration has no cron: with an entry in it"};
  std::vector<std::string> names;
  for (const auto& [known, entry] : config.cron) names.push_back(known);
  return Error{
      fmt::format("cron: names no {}: it names {}", in_quotes(name), fmt::join(names, ", "))};
}

Result<std::vector<std::string>> next_times(const CronEntry& entry, int count) {
  std::vector<std::string> times;
  for (auto tick = this_second(); std::cmp_less(times.size(), count);) {
    const auto next = next_tick(entry, tick);
    if (!next) return next.error();
    if (!*next) break;
    times.push_back(time_text(tick = **next));
  }
  return times;
}

Result<json> list_cron(const Config& config, const CronAsker& asker) {
  auto marks = config.cron.empty() ? Result<CronMarks>(CronMarks()) : marks_of(config, asker);
  json entries = json::array();
  for (const auto& [name, entry] : config.cron) {
    const auto next = next_times(entry, 1);
    if (!next) return next.error();
    auto row = entry_json(name, entry);
    row["next"] = next->empty() ? json() : json(next->front());
    const bool is_known = marks && marks->contains(name);
    add_mark(row, is_known ? &marks->at(name) : nullptr);
    entries.push_back(std::move(row));
  }
  return json{{"entries", std::move(entries)}, {"problem", marks ? "" : marks.error().text}};
}

Result<std::string> queue_cron_now(const Config& config, const std::string& name,
                                   const CronAsker& asker) {
  const auto entry = find_cron_entry(config, name);
  if (!entry) return entry.error();
  auto queue = choose_queue(config, entry->event, entry->queue);
  if (!queue) return queue.error();
  auto target = target_of(config, asker.process);
  if (!target) return target.error();
  auto event = outgoing_of(*entry, std::move(*queue));
  std::string id = event.message.id;
  action::Sender sender(std::move(*target), 1, kCronTime);
  if (auto queued = sender.queue(std::move(event)); !queued)
    return queued.error().within(fmt::format("can't queue '{}'", entry->event));
  return id;
}

Result<void> pause_cron(const Config& config, const std::string& name, bool is_paused,
                        const CronAsker& asker) {
  if (const auto entry = find_cron_entry(config, name); !entry) return entry.error();
  auto lease = open_lease(config, asker.process, obey, kCronTime);
  if (!lease) return lease.error();
  return (*lease)->send_order(pause_order(name, is_paused, this_second()));
}

}  // namespace actiond
