// plugins: what the plugin directory, or the given files, provide, and what is wrong with them.
#include <fmt/format.h>

#include <memory>

#include "answers/inspect.hpp"
#include "answers/poller_answers.hpp"
#include "base/content_hash.hpp"
#include "base/duration.hpp"
#include "base/json_parts.hpp"
#include "commands/command.hpp"
#include "commands/process/tell_fleet.hpp"
#include "commands/terminal/table.hpp"
#include "poller/plugin_sets/plugin_directory.hpp"

namespace actiond {
namespace {

using nlohmann::json;

Result<std::vector<std::string>> files_of(const Config& config,
                                          const std::vector<std::string>& named) {
  if (named.empty()) return list_plugins(config.plugins);
  std::vector<std::string> files;
  for (const auto& file : named) files.push_back(std::filesystem::absolute(file));
  return files;
}

// Where the plugin runs now, and whether what runs there is what this file holds.
json running(const json& pollers, const PluginInfo& plugin) {
  json all = json::array();
  for (const auto& poller : pollers)
    for (const auto& loaded : poller.value("plugins", json::array()))
      if (loaded.value("file", "") == plugin.file)
        all.push_back({{"id", poller["id"]},
                       {"pid", poller["pid"]},
                       {"hash", loaded.value("hash", "")},
                       {"is_same", loaded.value("hash", "") == plugin.hash}});
  return all;
}

// "1, 2; 3 has another"; "-" if no poller has loaded it.
std::string running_text(const json& running) {
  std::string same, other;
  for (const auto& poller : running) {
    auto& list = poller["is_same"].get<bool>() ? same : other;
    list += (list.empty() ? "" : ", ") + (poller["id"].is_null() ? "console" : poller["id"].dump());
  }
  if (!other.empty()) other = (same.empty() ? "" : "; ") + other + " (different content)";
  return same.empty() && other.empty() ? "-" : same + other;
}

// What runs but is no longer in the directory.
std::vector<std::string> gone_files(const json& pollers, const std::vector<PluginInfo>& here) {
  std::vector<std::string> gone;
  for (const auto& poller : pollers)
    for (const auto& loaded : poller.value("plugins", json::array())) {
      const auto file = loaded.value("file", "");
      const bool is_here = std::any_of(
          here.begin(), here.end(), [&](const PluginInfo& plugin) { return plugin.file == file; });
      if (!is_here)
        gone.push_back(fmt::format("poller {} runs {}, which is no longer there",
                                   poller["id"].is_null() ? "console" : poller["id"].dump(), file));
    }
  return gone;
}

json to_json(const Config& config, const PluginInfo& plugin, const json& pollers) {
  json events = json::array();
  for (const auto& event : effective_events(config, plugin))
    events.push_back({{"name", event.name},
                      {"queue", event.queue},
                      {"attempts", event.attempts},
                      {"timeout_ms", event.timeout_ms}});
  return {{"file", plugin.file},       {"name", plugin.name},
          {"version", plugin.version}, {"sdk_version", plugin.sdk_version},
          {"abi", plugin.abi},         {"events", std::move(events)},
          {"problem", plugin.problem}, {"warnings", warnings_of(config, plugin)},
          {"hash", plugin.hash},       {"running", running(pollers, plugin)}};
}

std::string timeout_text(const EventInfo& event) {
  return format_duration(std::chrono::milliseconds(event.timeout_ms));
}

// A line for each event; the plugin's own columns are filled in the first of them.
void add_rows(const Config& config, const PluginInfo& plugin, const json& pollers,
              std::vector<std::vector<std::string>>& rows) {
  std::vector<std::string> row{std::filesystem::path(plugin.file).filename(),
                               plugin.name.empty() ? "-" : plugin.name + " " + plugin.version,
                               plugin.sdk_version, plugin.abi,
                               running_text(running(pollers, plugin))};
  const auto events = effective_events(config, plugin);
  if (events.empty()) rows.push_back(row);
  for (const auto& event : events) {
    row.insert(row.end(),
               {event.name, event.queue, std::to_string(event.attempts), timeout_text(event)});
    rows.push_back(row);
    row = {"", "", "", "", ""};
  }
}

void print_table(const Config& config, const std::vector<PluginInfo>& plugins,
                 const json& pollers) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& plugin : plugins) add_rows(config, plugin, pollers, rows);
  fmt::print("{}", format_table({{"FILE"},
                                 {"PLUGIN"},
                                 {"SDK"},
                                 {"ABI"},
                                 {"RUNNING"},
                                 {"EVENT"},
                                 {"QUEUE"},
                                 {"ATTEMPTS", true},
                                 {"TIMEOUT", true}},
                                rows));
  std::fflush(stdout);
  for (const auto& plugin : plugins)
    for (const auto& warning : warnings_of(config, plugin))
      print_error({"warning: " + printable(warning)});
  for (const auto& plugin : plugins)
    for (const auto& warning : queued_warnings(plugin, plugins))
      print_error({"warning: " + printable(warning)});
}

// What pollers on other machines run, a line for each plugin.
Result<int> fleet_plugins(const Common& common, const Config& config, const std::string& host) {
  auto asker = open_asker(config);
  if (!asker) return asker.error();
  const auto report = asker->ask({host, {}}, {{"command", "status"}});
  if (!report) return report.error();
  if (common.is_json) {
    json all = json::array();
    for (const auto& answer : report->answers)
      all.push_back({{"poller", text_in(answer, "poller")},
                     {"plugin_set", text_in(answer, "plugin_set")},
                     {"plugins", list_in(answer, "plugins")}});
    print_json({{"pollers", all}, {"fleet", report->to_json()}});
    return kDone;
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& answer : report->answers)
    for (const auto& plugin : list_in(answer, "plugins"))
      rows.push_back({text_in(answer, "poller"), text_in(answer, "plugin_set"),
                      text_in(plugin, "name") + " " + text_in(plugin, "version"),
                      text_in(plugin, "hash"), text_in(plugin, "file")});
  fmt::print("{}{}\n", format_table({{"POLLER"}, {"SET"}, {"PLUGIN"}, {"HASH"}, {"FILE"}}, rows),
             printable(report->summary()));
  return kDone;
}

Result<int> plugins(const Common& common, const std::vector<std::string>& named,
                    const std::string& host) {
  auto config = load(common);
  if (!config) return config.error();
  if (!host.empty()) return fleet_plugins(common, *config, host);
  auto files = files_of(*config, named);
  if (!files) return files.error();
  const auto answers = ask_pollers(config->run_dir);
  const json pollers = answers ? *answers : json::array();
  std::vector<PluginInfo> plugins;
  for (const auto& file : *files) {
    plugins.push_back(inspect_plugin(file, config->load_timeout));
    plugins.back().hash = content_hash(file) ? *content_hash(file) : "";
  }
  find_duplicates(plugins);
  const bool is_good = std::all_of(plugins.begin(), plugins.end(),
                                   [](const PluginInfo& plugin) { return plugin.problem.empty(); });
  if (common.is_json) {
    json all = json::array();
    for (const auto& plugin : plugins) all.push_back(to_json(*config, plugin, pollers));
    print_json({{"plugins", std::move(all)}});
  } else if (plugins.empty()) {
    fmt::print("no plugins in {}\n", config->plugins.native());
  } else {
    print_table(*config, plugins, pollers);
  }
  std::fflush(stdout);
  for (const auto& plugin : plugins)
    if (!plugin.problem.empty()) print_error({printable(plugin.problem)});
  if (!common.is_json && named.empty())
    for (const auto& gone : gone_files(pollers, plugins)) fmt::print("{}\n", printable(gone));
  return is_good ? kDone : kFailed;
}

}  // namespace

void add_plugins(CLI::App& app, Common& common) {
  auto files = std::make_shared<std::vector<std::string>>();
  auto host = std::make_shared<std::string>();
  auto* verb =
      add_verb(app, common, "plugins", "show which events the plugins provide, and what is wrong",
               "Example:  actiond plugins\n          actiond plugins build/hello_world.so\n"
               "Queue, attempts and timeout include what the configuration says.",
               [&common, files, host] { return plugins(common, *files, *host); });
  verb->add_option("files", *files, "show these files instead of the plugin directory")
      ->type_name("FILE");
  add_host_option(*verb, *host)->excludes("files");
  add_json_option(*verb, common);
}

}  // namespace actiond
