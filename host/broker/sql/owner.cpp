#include "broker/sql/owner.hpp"

#include <fmt/format.h>

namespace actiond {
namespace {

using action::sql::QueueTables;
using action::sql::Session;

Result<bool> is_one(const Result<action::sql::Answer>& answer) {
  if (!answer) return answer.error();
  return answer->rows() == 1 && answer->number(0, 0) == 1;
}

}  // namespace

// The lock is there before others can see the row.
Result<DatabaseOwner> DatabaseOwner::enter(QueueTables& tables, const std::string& name) {
  auto& session = tables.session();
  const auto& sql = tables.dialect();
  for (const auto& setting : sql.owner_settings)
    if (const auto set = session.execute(setting); !set) return set.error();
  std::int64_t id = 0;
  const auto entered = tables.transaction([&]() -> Result<void> {
    const auto added = session.with(fmt::format("INSERT INTO {} (name, since_ms) VALUES (?, {}){}",
                                                sql.owners, sql.now_ms, sql.returning_id),
                                    name);
    if (!added) return added.error();
    id = added->rows() > 0 ? added->number(0, 0) : added->last_id;
    const auto locked = session.with(sql.lock_owner, id);
    return locked ? Result<void>() : locked.error();
  });
  if (!entered) return entered.error();
  const auto held = is_one(session.with(sql.holds_lock, id));
  if (!held) return held.error();
  if (*held) return DatabaseOwner(tables, id);
  return Error{
      fmt::format("{} does not keep a lock for its connection: there is a proxy before it "
                  "that shares connections; name the server itself, or let the proxy give "
                  "each session a connection of its own",
                  tables.shown())};
}

Result<void> DatabaseOwner::check_alive() {
  auto& session = tables_->session();
  const auto& sql = tables_->dialect();
  const auto row =
      is_one(session.with(fmt::format("SELECT COUNT(*) FROM {} WHERE id = ?", sql.owners), id_));
  if (!row) return row.error();
  const auto held = is_one(session.with(sql.holds_lock, id_));
  if (!held) return held.error();
  if (*row && *held) return {};
  return Error{
      fmt::format("this poller was not heard by {} for too long, and others have taken "
                  "over what it had in hand",
                  tables_->shown())};
}

Result<bool> DatabaseOwner::bury_dead() {
  const auto dead = tables_->session().with(tables_->dialect().dead_owners, id_);
  if (!dead) return dead.error();
  for (std::size_t i = 0; i < dead->rows(); ++i) {
    const auto id = dead->number(i, 0);
    if (auto buried = tables_->transaction([&] { return give_back_all(id); }); !buried)
      return buried.error();
  }
  if (dead->rows() > 0) tables_->bell().ring();
  return dead->rows() > 0;
}

Result<void> DatabaseOwner::leave() {
  auto left = tables_->transaction([this] { return give_back_all(id_); });
  if (left) tables_->bell().ring();
  return left;
}

// The row goes first: whoever else does the same waits for it, and then finds nothing to do.
Result<void> DatabaseOwner::give_back_all(std::int64_t id) {
  auto& session = tables_->session();
  const auto& sql = tables_->dialect();
  const auto gone = session.with(fmt::format("DELETE FROM {} WHERE id = ?", sql.owners), id);
  if (!gone) return gone.error();
  const auto given =
      session.with(fmt::format("UPDATE {} SET state = 0, owner = NULL, is_redelivered = 1"
                               " WHERE queue IN (SELECT name FROM {}) AND state = 1 AND owner = ?",
                               sql.events, sql.queues),
                   id);
  if (!given) return given.error();
  if (given->changed > 0)
    if (auto told = tables_->tell_listeners(); !told) return told;
  const auto counts = session.with(
      fmt::format("SELECT queue, done, failed FROM {} WHERE owner = ?", sql.counts), id);
  if (!counts) return counts.error();
  for (std::size_t i = 0; i < counts->rows(); ++i)
    if (const auto added = session.with(sql.add_counts, counts->text(i, 0), 0, counts->number(i, 1),
                                        counts->number(i, 2));
        !added)
      return added.error();
  const auto forgotten =
      session.with(fmt::format("DELETE FROM {} WHERE owner = ?", sql.counts), id);
  return forgotten ? Result<void>() : forgotten.error();
}

Result<int> living_owners(QueueTables& tables) {
  const auto living = tables.session().with(tables.dialect().living_owners);
  if (!living) return living.error();
  return static_cast<int>(living->number(0, 0));
}

}  // namespace actiond
