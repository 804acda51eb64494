// Copies of the plugin directory, from which pollers load: to overwrite a file that a process has
// mapped kills that process, and nobody overwrites these. Each is named by the hash of its content,
// shared by all pollers of that content, and removed when no one uses it.
//
//   run_dir/snapshots/.lock           held while one is made or removed, never for long
//   run_dir/snapshots/1a2b3c4d5e6f/   one; a shared flock on it says that a poller uses it
//   run_dir/snapshots/1a2b3c4d5e6f.crashed   its time is when a runner of that set last crashed
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace actiond {

// Stays on disk for as long as this, or a copy of it, lives.
struct Snapshot {
  std::filesystem::path directory;
  std::string hash;
  std::shared_ptr<const UniqueFd> lock;
};

class Snapshots {
 public:
  // Names the sets that are to stay though nobody uses them. Asked when no other process can be
  // about to remove one.
  using Keep = std::function<std::set<std::string>()>;

  // For others, who may be many, and copy what is large.
  static constexpr std::chrono::minutes kWait{5};

  // `run_dir` must exist by the first call.
  explicit Snapshots(const std::filesystem::path& run_dir);

  // The snapshot of what `source` holds now, made if there is none yet. Blocks while it reads and
  // copies; copies again what changed meanwhile. When running as root it fails if others could
  // write to the source, or if another process is at work here for longer than `wait`.
  Result<Snapshot> make(const std::filesystem::path& source, const Keep& keep,
                        std::chrono::milliseconds wait = kWait);
  // The one of that hash; fails if it is gone, or, with Fault::NotNow, if another process is at
  // work here for longer than `wait`.
  Result<Snapshot> open(const std::string& hash, std::chrono::milliseconds wait = kWait);
  // Removes what nobody uses and `keep` does not name.
  void collect(const Keep& keep);

  // A runner of this set crashed now.
  void note_crash(const std::string& hash);
  // When that was, in ms since 1970 UTC; 0: not yet.
  std::int64_t crashed_at_ms(const std::string& hash) const;

 private:
  std::filesystem::path run_dir() const { return directory_.parent_path(); }
  Result<UniqueFd> lock(std::chrono::milliseconds wait);
  Result<Snapshot> make_locked(const std::filesystem::path& source);
  Result<bool> is_whole(const std::string& hash) const;
  Result<std::string> copy(const std::filesystem::path& source);
  Result<void> put(const std::filesystem::path& copied, const std::string& hash);
  Result<Snapshot> hold(const std::string& hash);
  void collect_locked(const std::set<std::string>& keep);
  std::vector<std::filesystem::path> contents() const;

  std::filesystem::path directory_;
};

}  // namespace actiond
