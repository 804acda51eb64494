// Which plugins runners load now: a snapshot of the plugin directory, held on disk for as long as
// somebody runs it, and what its plugins report of themselves.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/config/config.hpp"
#include "base/log.hpp"
#include "poller/plugin_sets/snapshots.hpp"
#include "wire/setup.hpp"

namespace actiond {

class PluginSet {
 public:
  // Empty until load. `config` and `log` must outlive it.
  PluginSet(const Config& config, Log& log);
  // Lets go of the set, and removes those that nobody uses or may go back to.
  ~PluginSet();
  PluginSet(const PluginSet&) = delete;
  PluginSet& operator=(const PluginSet&) = delete;

  // Takes what the plugin directory holds now, or, by its hash, a set that has run before. Blocks
  // while it is copied. Fails if it can't be read, or is gone.
  Result<void> load(const std::string& hash);
  // The same for poller N. In the middle of a deploy it loads what ran before. Fails if the
  // directory was emptied while somebody is poller N with plugins.
  Result<void> load_for(std::optional<int> id, const std::string& hash, bool is_anybody_there);
  // Takes this one. Fails if it can't be read: then what was there stays.
  Result<void> use(Snapshot snapshot);
  // If the copy on disk no longer holds what it held (somebody has tidied up), what the plugin
  // directory holds now takes its place. Fails if that is nothing, is on hold, or is what poller N
  // went back from. Costs a stat for each file; else blocks while it is read or copied.
  Result<void> restore(std::optional<int> id);
  // A runner has loaded it; the report names its files.
  void loaded(LoadReport report);

  // There is no plugin in it.
  bool is_empty() const { return hashes_.empty(); }
  // There are some in that one, which has run before.
  bool has_plugins(const std::string& hash) const;
  // The sentence for a plugin directory that was emptied, while there are plugins at work.
  Error all_gone() const;

  const std::string& hash() const { return snapshot_.hash; }
  // What runners are to load, as a setup frame's text.
  const std::string& setup() const { return setup_; }
  // While a copy of this lives the snapshot stays on disk.
  std::shared_ptr<const void> hold() const { return snapshot_.lock; }
  // Of the last runner that has loaded, the files where people have put them.
  const LoadReport& report() const { return report_; }

  // A runner of this set crashed now.
  void note_crash() { snapshots_.note_crash(hash()); }
  // When one of that set did, in ms since 1970 UTC; 0: not yet.
  std::int64_t crashed_at_ms(const std::string& hash) const {
    return snapshots_.crashed_at_ms(hash);
  }

 private:
  Snapshots::Keep kept_sets() const;

  const Config& config_;
  Log& log_;
  Snapshots snapshots_;
  Snapshot snapshot_;
  std::string look_;  // of the copy
  std::string setup_;
  std::map<std::string, std::string> hashes_;  // by file of the snapshot
  LoadReport report_;
};

}  // namespace actiond
