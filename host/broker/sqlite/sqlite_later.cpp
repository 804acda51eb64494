#include "broker/sqlite/sqlite_later.hpp"

#include <filesystem>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "client/sqlite/queue_file.hpp"

namespace actiond {
namespace {

using action::QueueFile;
using action::Statement;

// In the order of the index `later`, which holds what waits for its time in all applications.
constexpr char kNext[] =
    "SELECT q.name, e.id, e.due_ms, e.event, e.attempt, substr(e.body, 1, ?)"
    " FROM events AS e CROSS JOIN queues AS q ON q.id = e.queue"
    " WHERE e.is_later = 1 AND q.name GLOB ? ORDER BY e.due_ms, e.seq LIMIT ?";
constexpr char kTotal[] =
    "SELECT count(*) FROM events WHERE is_later = 1"
    " AND queue IN (SELECT id FROM queues WHERE name GLOB ?)";
constexpr char kMakeDue[] =
    "UPDATE events SET is_later = 0, due_ms = ?"
    " WHERE is_later = 1 AND due_ms = ? AND id = ?"
    " AND queue = (SELECT id FROM queues WHERE name = ?)";

bool is_missing(const std::string& file) {
  std::error_code unreadable;  // then opening it says why
  return !std::filesystem::exists(file, unreadable) && !unreadable;
}

LaterEvent event_of(const Statement& row, std::size_t prefix) {
  return {{std::string(row.text(0).substr(prefix)), std::string(row.text(1)), row.number(2)},
          std::string(row.text(3)),
          static_cast<int>(row.number(4)),
          std::string(utf8_prefix(row.text(5), kMostLaterParams))};
}

}  // namespace

// No file is made: the first poller or event does that.
Result<LaterLook> look_at_later_in_file(const action::Link::Target& target,
                                        std::chrono::milliseconds timeout) {
  LaterLook look;
  if (is_missing(target.queue_file)) return look;
  const auto file = QueueFile::open(target.queue_file, timeout);
  if (!file) return file.error();
  const auto prefix = target.topology.application + ".";
  const auto queues = prefix + "*";  // borrowed by the statements
  Statement total((*file)->database(), kTotal);
  if (const auto row = total.with(queues).step(); !row) return row.error();
  look.total = static_cast<std::uint64_t>(total.number(0));
  Statement rows((*file)->database(), kNext);
  for (rows.with(kMostLaterParams + 1, queues, kMostLater);;) {
    const auto row = rows.step();
    if (!row) return row.error();
    if (!*row) return look;
    look.next.push_back(event_of(rows, prefix.size()));
  }
}

Result<bool> make_due_now_in_file(const action::Link::Target& target, const LaterName& which,
                                  std::chrono::milliseconds timeout) {
  if (is_missing(target.queue_file)) return false;
  const auto file = QueueFile::open(target.queue_file, timeout);
  if (!file) return file.error();
  bool is_due = false;
  const auto done = (*file)->transaction(QueueFile::Outlives::PowerLoss, [&]() -> Result<void> {
    Statement make_due((*file)->database(), kMakeDue);
    if (auto made =
            make_due.run(wall_now_ms(), which.due_ms, which.id, target.topology.queue(which.queue));
        !made)
      return made;
    is_due = (*file)->database().changed_rows() > 0;
    return {};
  });
  if (!done) return done.error();
  (*file)->bell().ring();
  return is_due;
}

}  // namespace actiond
