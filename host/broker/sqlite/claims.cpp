#include "broker/sqlite/claims.hpp"

#include "base/clock.hpp"
#include "client/sqlite/message_row.hpp"

namespace actiond {
namespace {

constexpr std::size_t kMostBytes = 32 << 20;  // of bodies, in one go
constexpr char kReady[] = "SELECT seq, is_redelivered, due_ms, " ACTION_MESSAGE_COLUMNS
                          " FROM events WHERE queue = ? AND owner IS NULL AND is_later = 0"
                          " ORDER BY due_ms, seq LIMIT ?";
constexpr char kTake[] = "UPDATE events SET owner = ?, owned_since_ms = ? WHERE seq = ?";
constexpr char kGiveBack[] =
    "UPDATE events SET owner = NULL, is_redelivered = 1 WHERE seq = ? AND owner = ?";
constexpr char kHasReady[] =
    "SELECT 1 FROM events WHERE queue = ? AND owner IS NULL AND is_later = 0 LIMIT 1";

}  // namespace

Claims::Claims(action::QueueFile& file, std::int64_t owner)
    : file_(file),
      owner_(owner),
      ready_(file.database(), kReady),
      take_(file.database(), kTake),
      acknowledge_(file.database(), "DELETE FROM events WHERE seq = ? AND owner = ?"),
      give_back_(file.database(), kGiveBack),
      count_(file.database(),
             "UPDATE queues SET done = done + ?, failed = failed + ? WHERE id = ?"),
      wake_(file.database(), "UPDATE events SET is_later = 0 WHERE is_later = 1 AND due_ms <= ?"),
      has_ready_(file.database(), kHasReady),
      next_due_(file.database(),
                "SELECT due_ms FROM events WHERE is_later = 1 ORDER BY due_ms LIMIT 1") {}

// All are read before the first is changed: it would leave the index that is being read.
Result<Claims::Taken> Claims::take(std::int64_t queue, int most) {
  auto taken = read(queue, most);
  if (!taken) return taken;
  const auto now_ms = wall_now_ms();
  for (const auto& claim : taken->claims)
    if (auto done = take_.run(owner_, now_ms, claim.seq); !done) return done.error();
  return taken;
}

Result<Claims::Taken> Claims::read(std::int64_t queue, int most) {
  Taken taken{{}, true};
  ready_.with(queue, most);
  for (std::size_t bytes = 0; bytes < kMostBytes;) {
    const auto row = ready_.step();
    if (!row) return row.error();
    if (!*row) {
      taken.may_have_more = taken.claims.size() >= static_cast<std::size_t>(most);
      return taken;
    }
    Claim& claim = taken.claims.emplace_back();
    claim.seq = ready_.number(0);
    claim.is_redelivered = ready_.number(1) != 0;
    action::read_message(ready_, 3, claim.message);
    claim.message.trail.queued_at_ms = ready_.number(2);  // since when it waits, to the ms
    bytes += claim.message.body.size();
  }
  ready_.reset();
  return taken;
}

Result<void> Claims::acknowledge(std::int64_t seq) {
  return acknowledge_.run(seq, owner_);
}

Result<void> Claims::give_back(std::int64_t seq) {
  return give_back_.run(seq, owner_);
}

Result<void> Claims::count(std::int64_t queue, int done, int failed) {
  return count_.run(done, failed, queue);
}

Result<bool> Claims::wake(std::int64_t now_ms) {
  if (auto woken = wake_.run(now_ms); !woken) return woken.error();
  return file_.database().changed_rows() > 0;
}

Result<bool> Claims::has_ready(std::int64_t queue) {
  auto found = has_ready_.with(queue).step();
  has_ready_.reset();
  return found;
}

Result<std::optional<std::int64_t>> Claims::next_due() {
  const auto found = next_due_.with().step();
  if (!found) return found.error();
  std::optional<std::int64_t> due;
  if (*found) due = next_due_.number(0);
  next_due_.reset();
  return due;
}

}  // namespace actiond
