// cron: what recurs. What is due next the configuration and tzdata tell; what is paused, and what
// came last, the broker, where it is to be had.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "answers/queue_choice.hpp"
#include "base/clock.hpp"
#include "base/text.hpp"
#include "broker/lease.hpp"
#include "broker/target.hpp"
#include "client/event_id.hpp"
#include "client/sender.hpp"
#include "client/trace.hpp"
#include "commands/command.hpp"
#include "commands/terminal/table.hpp"
#include "poller/cron/ledger.hpp"

namespace actiond {
namespace {

constexpr std::chrono::seconds kCronTime{10};
constexpr int kMostNext = 1000;

struct CronFlags {
  std::string name;
  int count = 5;
};

CronTick this_second() {
  return CronTick(std::chrono::seconds(wall_now_ms() / 1000));
}

std::string time_text(CronTick tick) {
  return format_rfc3339(tick.time_since_epoch() / std::chrono::milliseconds(1));
}

Error no_such_entry(const Config& config, const std::string& name) {
  if (config.cron.empty())
    return {"nothing recurs: the configuration has no cron: with an entry in it"};
  std::vector<std::string> names;
  for (const auto& [known, entry] : config.cron) names.push_back(known);
  return {fmt::format("cron: names no {}: it names {}", in_quotes(name), fmt::join(names, ", "))};
}

Result<std::unique_ptr<Lease>> reach_lease(const Config& config) {
  return open_lease(config, process_name(), obey, kCronTime);
}

nlohmann::json entry_json(const std::string& name, const CronEntry& entry) {
  return {{"name", name},
          {"schedule", entry.text},
          {"zone", entry.at ? entry.zone : "UTC"},
          {"event", entry.event},
          {"queue", entry.queue},
          {"params", nlohmann::json::parse(entry.params, nullptr, false)},
          {"missed", entry.missed == Missed::All   ? "all"
                     : entry.missed == Missed::One ? "one"
                                                   : "none"}};
}

// With what pollers remember of it, if that is known.
void add_mark(nlohmann::json& json, const std::optional<CronMarks>& marks) {
  const auto mark =
      marks ? marks->find(json["name"].get<std::string>()) : CronMarks::const_iterator();
  const bool is_known = marks && mark != marks->end();
  json["paused"] = is_known ? nlohmann::json(mark->second.is_paused) : nlohmann::json();
  json["last"] =
      is_known ? nlohmann::json(time_text(CronTick(std::chrono::seconds(mark->second.last_s))))
               : nlohmann::json();
}

// The broker need not be there.
std::optional<CronMarks> marks_of(const Config& config) {
  auto lease = reach_lease(config);
  if (!lease) {
    print_error(lease.error());
    return std::nullopt;
  }
  const auto state = (*lease)->look();
  if (!state || !*state) return std::nullopt;
  return read_marks(**state);
}

std::string cron_table(const nlohmann::json& all) {
  const auto text = [](const nlohmann::json& value, const char* otherwise) {
    return value.is_string() ? value.get<std::string>() : std::string(otherwise);
  };
  std::vector<std::vector<std::string>> rows;
  for (const auto& json : all)
    rows.push_back({text(json["name"], ""), text(json["schedule"], ""), text(json["zone"], ""),
                    text(json["event"], ""), text(json["last"], "-"), text(json["next"], "never"),
                    json["paused"] == true ? "paused" : ""});
  return format_table({{"NAME"}, {"SCHEDULE"}, {"ZONE"}, {"EVENT"}, {"LAST"}, {"NEXT"}, {""}},
                      rows);
}

Result<int> list_recurring(const Common& common) {
  auto config = load(common);
  if (!config) return config.error();
  const auto marks = config->cron.empty() ? std::nullopt : marks_of(*config);
  auto all = nlohmann::json::array();
  for (const auto& [name, entry] : config->cron) {
    const auto next = next_tick(entry, this_second());
    if (!next) return next.error();
    auto json = entry_json(name, entry);
    json["next"] = *next ? nlohmann::json(time_text(**next)) : nlohmann::json();
    add_mark(json, marks);
    all.push_back(std::move(json));
  }
  if (common.is_json)
    print_json({{"entries", all}});
  else
    fmt::print("{}", all.empty() ? "nothing recurs: cron: has no entry\n" : cron_table(all));
  return kDone;
}

Result<int> print_next(const Common& common, const CronFlags& flags) {
  auto config = load(common);
  if (!config) return config.error();
  const auto entry = config->cron.find(flags.name);
  if (entry == config->cron.end()) return no_such_entry(*config, flags.name);
  auto times = nlohmann::json::array();
  for (auto [tick, count] = std::pair(this_second(), 0); count < flags.count; ++count) {
    const auto next = next_tick(entry->second, tick);
    if (!next) return next.error();
    if (!*next) break;
    times.push_back(time_text(tick = **next));
  }
  if (common.is_json)
    print_json({{"name", flags.name}, {"next", times}});
  else
    for (const auto& time : times) fmt::print("{}\n", time.get<std::string>());
  return kDone;
}

// Now, besides its times.
Result<int> queue_now(const Common& common, const CronFlags& flags) {
  auto config = load(common);
  if (!config) return config.error();
  const auto entry = config->cron.find(flags.name);
  if (entry == config->cron.end()) return no_such_entry(*config, flags.name);
  auto queue = choose_queue(*config, entry->second.event, entry->second.queue);
  if (!queue) return queue.error();
  auto target = target_of(*config, process_name());
  if (!target) return target.error();
  action::Outgoing event;
  event.queue = std::move(*queue);
  event.message.event = entry->second.event;
  event.message.id = action::new_event_id();
  event.message.body = entry->second.params;
  event.message.trail.queued_at_ms = wall_now_ms();
  event.message.enqueued_at_s = event.message.trail.queued_at_ms / 1000;
  event.message.sender = "actiond cron run";
  (void)action::join_trace(event.message, {}, {}).ok();  // the environment's, if it has one
  const std::string id = event.message.id;
  action::Sender sender(std::move(*target), 1, kCronTime);
  if (auto queued = sender.queue(std::move(event)); !queued)
    return queued.error().within(fmt::format("can't queue '{}'", entry->second.event));
  if (common.is_json)
    print_json({{"id", id}, {"event", entry->second.event}});
  else
    fmt::print("{}\n", id);
  return kDone;
}

Result<int> set_paused(const Common& common, const CronFlags& flags, bool is_paused) {
  auto config = load(common);
  if (!config) return config.error();
  if (!config->cron.contains(flags.name)) return no_such_entry(*config, flags.name);
  auto lease = reach_lease(*config);
  if (!lease) return lease.error();
  if (auto sent = (*lease)->send_order(pause_order(flags.name, is_paused)); !sent)
    return sent.error();
  if (common.is_json)
    print_json({{"name", flags.name}, {"paused", is_paused}});
  else
    fmt::print("{} is {}\n", flags.name, is_paused ? "paused" : "resumed");
  return kDone;
}

using CronVerb = std::function<Result<int>(const CronFlags& flags)>;

CLI::App* add_cron_verb(CLI::App& cron, Common& common, const std::string& verb,
                        const std::string& description, CronVerb run) {
  auto flags = std::make_shared<CronFlags>();
  auto* added =
      add_verb(cron, common, verb, description, "Example:  actiond cron " + verb + " nightly",
               [flags, run = std::move(run)] { return run(*flags); });
  added->add_option("name", flags->name, "its name in cron:")->required()->type_name("NAME");
  if (verb == "next")
    in_range(added->add_option("--count", flags->count, "so many (default: 5)"), 1, kMostNext)
        ->type_name("N");
  add_json_option(*added, common);
  return added;
}

}  // namespace

void add_cron(CLI::App& app, Common& common) {
  CLI::App* cron =
      app.add_subcommand("cron", "the events that recur: list, next, run, pause, resume");
  cron->footer(
      "\nExample:  actiond cron list\n          actiond cron next nightly --count 3\n"
      "actiond cron VERB --help shows the options of each.");
  cron->require_subcommand(1);
  add_common_options(*cron, common);
  add_json_option(
      *add_verb(*cron, common, "list", "list what recurs, and when it is due next",
                "Example:  actiond cron list", [&common] { return list_recurring(common); }),
      common);
  add_cron_verb(*cron, common, "next", "print when it is due next",
                [&common](const CronFlags& flags) { return print_next(common, flags); });
  add_cron_verb(*cron, common, "run", "queue its event now, and print the id",
                [&common](const CronFlags& flags) { return queue_now(common, flags); });
  add_cron_verb(*cron, common, "pause", "queue it no more, until it is resumed",
                [&common](const CronFlags& flags) { return set_paused(common, flags, true); });
  add_cron_verb(*cron, common, "resume", "queue it again, from its next time on",
                [&common](const CronFlags& flags) { return set_paused(common, flags, false); });
}

}  // namespace actiond
