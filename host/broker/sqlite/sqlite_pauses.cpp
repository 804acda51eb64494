#include "broker/sqlite/sqlite_pauses.hpp"

#include <set>

namespace actiond {
namespace {

using action::QueueFile;
using action::Statement;

constexpr char kPausedQueues[] = "SELECT queue FROM pauses";
constexpr char kPauseOf[] = "SELECT paused_by, at_ms, reason FROM pauses WHERE queue = ?";
constexpr char kPause[] =
    "INSERT OR REPLACE INTO pauses (queue, paused_by, at_ms, reason) VALUES (?, ?, ?, ?)";
constexpr char kResume[] = "DELETE FROM pauses WHERE queue = ?";

}  // namespace

Result<std::vector<bool>> are_paused_in_file(QueueFile& file,
                                             const std::vector<std::string>& full_names) {
  std::set<std::string> paused;
  Statement rows(file.database(), kPausedQueues);
  rows.with();
  for (;;) {
    const auto row = rows.step();
    if (!row) return row.error();
    if (!*row) break;
    paused.emplace(rows.text(0));
  }
  std::vector<bool> are_paused;
  for (const auto& name : full_names) are_paused.push_back(paused.contains(name));
  return are_paused;
}

Result<std::optional<Pause>> pause_of_queue(QueueFile& file, const std::string& full_name) {
  Statement row(file.database(), kPauseOf);
  const auto found = row.with(full_name).step();
  if (!found) return found.error();
  if (!*found) return std::optional<Pause>();
  return std::optional(Pause{std::string(row.text(0)), row.number(1), std::string(row.text(2))});
}

Result<void> pause_in_file(const action::Link::Target& target,
                           const std::vector<std::string>& queues, const Pause& pause,
                           std::chrono::milliseconds timeout) {
  auto file = QueueFile::open(target.queue_file, timeout);
  if (!file) return file.error();
  auto done = (*file)->transaction(QueueFile::Outlives::PowerLoss, [&]() -> Result<void> {
    Statement insert((*file)->database(), kPause);
    for (const auto& queue : queues)
      if (auto added =
              insert.run(target.topology.queue(queue), pause.by, pause.at_ms, pause.reason);
          !added)
        return added;
    return {};
  });
  if (done) (*file)->bell().ring();
  return done;
}

Result<std::vector<std::string>> resume_in_file(const action::Link::Target& target,
                                                const std::vector<std::string>& queues,
                                                std::chrono::milliseconds timeout) {
  auto file = QueueFile::open(target.queue_file, timeout);
  if (!file) return file.error();
  std::vector<std::string> resumed;
  const auto done = (*file)->transaction(QueueFile::Outlives::PowerLoss, [&]() -> Result<void> {
    resumed.clear();
    Statement remove((*file)->database(), kResume);
    for (const auto& queue : queues) {
      if (auto removed = remove.run(target.topology.queue(queue)); !removed) return removed;
      if ((*file)->database().changed_rows() > 0) resumed.push_back(queue);
    }
    return {};
  });
  if (!done) return done.error();
  (*file)->bell().ring();
  return resumed;
}

}  // namespace actiond
