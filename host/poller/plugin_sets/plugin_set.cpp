#include "poller/plugin_sets/plugin_set.hpp"

#include <filesystem>
#include <utility>

#include "base/content_hash.hpp"
#include "poller/plugin_sets/plugin_directory.hpp"
#include "poller/plugin_sets/set_record.hpp"
#include "poller/runners/trial.hpp"

namespace actiond {

PluginSet::PluginSet(const Config& config, Log& log)
    : config_(config), log_(log), snapshots_(config.run_dir) {}

PluginSet::~PluginSet() {
  snapshot_ = {};
  snapshots_.collect(kept_sets());
}

Snapshots::Keep PluginSet::kept_sets() const {
  return [this] { return recorded_sets(config_.run_dir); };
}

Result<void> PluginSet::load(const std::string& hash) {
  auto snapshot =
      hash.empty() ? snapshots_.make(config_.plugins, kept_sets()) : snapshots_.open(hash);
  if (!snapshot) return snapshot.error();
  return use(std::move(*snapshot));
}

Result<void> PluginSet::use(Snapshot snapshot) {
  auto files = list_plugins(snapshot.directory);
  if (!files) return files.error();
  if (files->empty())
    log_.warning("no plugins in {}: no event will find its handler", config_.plugins.native());
  hashes_.clear();
  for (const auto& file : *files)
    if (auto hash = content_hash(file)) hashes_[file] = *hash;  // else the runner says why
  setup_ = to_text(runner_setup(config_, std::move(*files)));
  snapshot_ = std::move(snapshot);
  return {};
}

void PluginSet::loaded(LoadReport report) {
  report_ = std::move(report);
  for (auto& plugin : report_.plugins) {
    if (const auto hash = hashes_.find(plugin.file); hash != hashes_.end())
      plugin.hash = hash->second;
    plugin.file = config_.plugins / std::filesystem::path(plugin.file).filename();
  }
}

}  // namespace actiond
