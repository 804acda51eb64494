#include "poller/plugin_sets/plugin_set.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "base/content_hash.hpp"
#include "poller/plugin_sets/plugin_directory.hpp"
#include "poller/plugin_sets/plugin_tree.hpp"
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

Result<void> PluginSet::load_for(std::optional<int> id, const std::string& hash,
                                 bool is_anybody_there) {
  auto loaded = load(hash);
  if (!id) return loaded;
  const auto before = read_set_record(config_.run_dir, *id).current;
  if (!loaded && is_on_hold(config_.plugins) && !before.empty()) {
    log_.warning("{}: the plugin set {} goes on", loaded.error().text, before);
    return load(before);
  }
  if (loaded && is_empty() && is_anybody_there && has_plugins(before)) return all_gone();
  return loaded;
}

// A backup or a chmod changes how the copy looks and not what it holds. The loop waits for nobody:
// who is to load it is started again later.
Result<void> PluginSet::restore(std::optional<int> id) {
  if (tree_look(snapshot_.directory, {}, TreeKind::Copy) == look_) return {};
  using std::chrono::milliseconds;
  auto same = snapshots_.open(hash(), milliseconds(0));
  if (same) return use(std::move(*same));
  if (same.error().fault == action::Fault::NotNow) return same.error();  // another has the lock
  log_.warning("the copy of the plugins in {} is not whole any more: copying them anew",
               snapshot_.directory.native());
  auto made = snapshots_.make(config_.plugins, kept_sets(), milliseconds(0));
  if (!made) return made.error();
  if (!is_empty() && !has_plugins(made->hash)) return all_gone();
  if (id && made->hash == read_set_record(config_.run_dir, *id).rejected)
    return Error{fmt::format(
        "the plugin directory {} holds the set {}, which was gone back from, and there is no copy "
        "of the set {} any more: deploy its plugins again",
        config_.plugins.native(), made->hash, hash())};
  return use(std::move(*made));
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
  look_ = tree_look(snapshot.directory, {}, TreeKind::Copy);
  snapshot_ = std::move(snapshot);
  return {};
}

bool PluginSet::has_plugins(const std::string& hash) const {
  const auto files = list_plugins(config_.run_dir / "snapshots" / hash);
  return !hash.empty() && files && !files->empty();
}

Error PluginSet::all_gone() const {
  return {fmt::format(
      "the plugin directory {} has no plugin any more: put them back, or stop the poller "
      "first if it is to run without",
      config_.plugins.native())};
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
