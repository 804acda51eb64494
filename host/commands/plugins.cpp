// plugins: what the plugin directory, or the given files, provide, and what is wrong with them.
#include <fmt/format.h>

#include <memory>

#include "base/duration.hpp"
#include "commands/command.hpp"
#include "commands/inspect.hpp"
#include "commands/table.hpp"
#include "poller/plugin_directory.hpp"

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

json to_json(const Config& config, const PluginInfo& plugin) {
  json events = json::array();
  for (const auto& event : effective_events(config, plugin))
    events.push_back({{"name", event.name},
                      {"queue", event.queue},
                      {"attempts", event.attempts},
                      {"timeout_ms", event.timeout_ms}});
  return {{"file", plugin.file},       {"name", plugin.name},
          {"version", plugin.version}, {"sdk_version", plugin.sdk_version},
          {"abi", plugin.abi},         {"events", std::move(events)},
          {"problem", plugin.problem}, {"warnings", warnings_of(config, plugin)}};
}

std::string timeout_text(const EventInfo& event) {
  return format_duration(std::chrono::milliseconds(event.timeout_ms));
}

// A line for each event; the plugin's own columns are filled in the first of them.
void add_rows(const Config& config, const PluginInfo& plugin,
              std::vector<std::vector<std::string>>& rows) {
  std::vector<std::string> row{std::filesystem::path(plugin.file).filename(),
                               plugin.name.empty() ? "-" : plugin.name + " " + plugin.version,
                               plugin.sdk_version, plugin.abi};
  const auto events = effective_events(config, plugin);
  if (events.empty()) rows.push_back(row);
  for (const auto& event : events) {
    row.insert(row.end(),
               {event.name, event.queue, std::to_string(event.attempts), timeout_text(event)});
    rows.push_back(row);
    row = {"", "", "", ""};
  }
}

void print_table(const Config& config, const std::vector<PluginInfo>& plugins) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& plugin : plugins) add_rows(config, plugin, rows);
  fmt::print("{}", format_table({{"FILE"},
                                 {"PLUGIN"},
                                 {"SDK"},
                                 {"ABI"},
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
    if (!plugin.problem.empty()) print_error({printable(plugin.problem)});
}

Result<int> plugins(const Common& common, const std::vector<std::string>& named) {
  auto config = load(common);
  if (!config) return config.error();
  auto files = files_of(*config, named);
  if (!files) return files.error();
  std::vector<PluginInfo> plugins;
  for (const auto& file : *files) plugins.push_back(inspect_plugin(file));
  find_duplicates(plugins);
  const bool is_good = std::all_of(plugins.begin(), plugins.end(),
                                   [](const PluginInfo& plugin) { return plugin.problem.empty(); });
  if (common.is_json) {
    json all = json::array();
    for (const auto& plugin : plugins) all.push_back(to_json(*config, plugin));
    print_json({{"plugins", std::move(all)}});
  } else if (plugins.empty()) {
    fmt::print("no plugins in {}\n", config->plugins.native());
  } else {
    print_table(*config, plugins);
  }
  return is_good ? kDone : kFailed;
}

}  // namespace

void add_plugins(CLI::App& app, Common& common) {
  auto files = std::make_shared<std::vector<std::string>>();
  auto* verb =
      add_verb(app, common, "plugins", "the events that the plugins provide, and their problems",
               "Example:  actiond plugins\n          actiond plugins build/hello_world.so\n"
               "Queue, attempts and timeout are shown as they are in force here.",
               [&common, files] { return plugins(common, *files); });
  verb->add_option("files", *files, "these files instead of the plugin directory's")
      ->type_name("FILE");
  add_json_option(*verb, common);
}

}  // namespace actiond
