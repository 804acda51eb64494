// cron: what recurs.
#include <fmt/format.h>

#include <functional>
#include <memory>

#include "answers/fleet_asker.hpp"
#include "answers/recurring.hpp"
#include "commands/command.hpp"
#include "commands/terminal/table.hpp"

namespace actiond {
namespace {

constexpr int kMostNext = 1000;

struct CronFlags {
  std::string name;
  int count = 5;
};

CronAsker asker() {
  return {process_name(), asker_name()};
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
  const auto list = list_cron(*config, asker());
  if (!list) return list.error();
  const auto& all = (*list)["entries"];
  if (const auto problem = (*list)["problem"].get<std::string>(); !problem.empty())
    print_error(Error{"what came last, and what is paused, is not known: " + problem});
  if (common.is_json)
    print_json(*list);
  else
    fmt::print("{}", all.empty() ? "nothing recurs: cron: has no entry\n" : cron_table(all));
  return kDone;
}

Result<int> print_next(const Common& common, const CronFlags& flags) {
  auto config = load(common);
  if (!config) return config.error();
  const auto entry = find_cron_entry(*config, flags.name);
  if (!entry) return entry.error();
  const auto times = next_times(*entry, flags.count);
  if (!times) return times.error();
  if (common.is_json)
    print_json({{"name", flags.name}, {"next", *times}});
  else
    for (const auto& time : *times) fmt::print("{}\n", time);
  return kDone;
}

Result<int> queue_now(const Common& common, const CronFlags& flags) {
  auto config = load(common);
  if (!config) return config.error();
  const auto id = queue_cron_now(*config, flags.name, asker());
  if (!id) return id.error();
  if (common.is_json)
    print_json({{"id", *id}, {"event", config->cron.at(flags.name).event}});
  else
    fmt::print("{}\n", *id);
  return kDone;
}

Result<int> set_paused(const Common& common, const CronFlags& flags, bool is_paused) {
  auto config = load(common);
  if (!config) return config.error();
  if (auto set = pause_cron(*config, flags.name, is_paused, asker()); !set) return set.error();
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
