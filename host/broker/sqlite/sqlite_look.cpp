// A look at a queue file: what waits, what is in whose hand.
#include "broker/sqlite/sqlite_look.hpp"

#include <filesystem>

#include "broker/sqlite/owner.hpp"
#include "broker/sqlite/sqlite_pauses.hpp"
#include "client/sqlite/queue_file.hpp"

namespace actiond {
namespace {

using action::QueueFile;
using action::Statement;

constexpr char kCounts[] =
    "SELECT (SELECT count(*) FROM events WHERE queue = q.id AND owner IS NULL AND is_later = 0),"
    "       (SELECT count(*) FROM events WHERE queue = q.id AND is_later = 1),"
    "       (SELECT count(*) FROM events WHERE queue = q.id AND owner IS NOT NULL),"
    "       q.done, q.failed,"
    "       (SELECT due_ms FROM events WHERE queue = q.id AND owner IS NULL AND is_later = 0"
    "        ORDER BY due_ms LIMIT 1) FROM queues AS q WHERE q.name = ?";
constexpr char kInHand[] =
    "SELECT e.event, e.id, q.name, o.name, e.owned_since_ms"
    " FROM events AS e JOIN owners AS o ON o.id = e.owner JOIN queues AS q ON q.id = e.queue"
    " WHERE e.owner IS NOT NULL ORDER BY e.owned_since_ms LIMIT 100";

Result<QueueLook> look_at(QueueFile& file, const action::Topology& topology,
                          const std::string& name, int owners) {
  QueueLook look;
  look.name = name;
  const std::string full_name = topology.queue(name);
  auto pause = pause_of_queue(file, full_name);  // a queue may be paused before there is any
  if (!pause) return pause.error();
  look.pause = std::move(*pause);
  Statement counts(file.database(), kCounts);
  const auto row = counts.with(full_name).step();
  if (!row) return row.error();
  if (!*row) return look;
  const auto number = [&](int column) { return static_cast<std::uint64_t>(counts.number(column)); };
  look.ready = number(0);
  look.later = number(1);
  look.in_hand = number(2);
  look.consumers = name == action::kDead ? 0 : static_cast<std::uint64_t>(owners);
  look.done = number(3);
  look.failed = number(4);
  if (!counts.is_null(5)) look.oldest_ms = counts.number(5);
  return look;
}

Result<void> look_in_hands(QueueFile& file, const std::string& application, BrokerLook& look) {
  Statement rows(file.database(), kInHand);
  for (rows.with();;) {
    const auto row = rows.step();
    if (!row) return row.error();
    if (!*row) return {};
    const std::string prefix = application + ".";
    auto queue = rows.text(2);
    if (!queue.starts_with(prefix)) continue;
    queue.remove_prefix(prefix.size());
    look.in_hand.push_back({std::string(rows.text(0)), std::string(rows.text(1)),
                            std::string(queue), std::string(rows.text(3)), rows.number(4)});
  }
}

}  // namespace

// No file is no problem, and none is made: the first poller or event does that.
Result<BrokerLook> look_at_sqlite(const action::Link::Target& target,
                                  std::chrono::milliseconds timeout) {
  BrokerLook look;
  look.name = "sqlite:" + target.queue_file;
  for (const auto& name : target.topology.queues) look.queues.emplace_back().name = name;
  look.queues.emplace_back().name = action::kDead;
  std::error_code unreadable;  // then opening it says why
  if (!std::filesystem::exists(target.queue_file, unreadable) && !unreadable) return look;
  auto file = QueueFile::open(target.queue_file, timeout);
  if (!file) return file.error();
  const auto owners = living_owners(**file);
  if (!owners) return owners.error();
  for (auto& queue : look.queues) {
    auto looked = look_at(**file, target.topology, queue.name, *owners);
    if (!looked) return looked.error();
    queue = std::move(*looked);
  }
  if (auto looked = look_in_hands(**file, target.topology.application, look); !looked)
    return looked.error();
  return look;
}

}  // namespace actiond
