// How the tables of a queue come to be there, as this version wants them.
#include <fmt/format.h>

#include "client/sql/queue_tables.hpp"
#include "client/topology.hpp"

namespace action::sql {
namespace {

constexpr int kLockTries = 2;  // of 5 s
constexpr int kStepTries = 3;

}  // namespace

Result<void> QueueTables::prepare(Missing missing) {
  const auto id = session_->execute(dialect_.server_id);
  if (!id) return id.error();
  bell_ = std::make_unique<NamedBell>(id->text(0, 0));
  auto found = version();
  if (!found) return found.error();
  if (*found == 0 && missing == Missing::Leave) {
    is_empty_ = true;
    return {};
  }
  const bool is_to_be_made = *found < dialect_.version() || missing == Missing::MakeEach;
  if (is_to_be_made && *found <= dialect_.version())
    return make([this, missing] { return make_tables_locked(missing); });
  return *found == dialect_.version() ? Result<void>() : are_newer(*found);
}

Error QueueTables::are_newer(int version) const {
  return {
      fmt::format("the tables {}_… in {} were made by a newer version (theirs is {}, this "
                  "one knows {}): upgrade this program",
                  application_, url_.shown, version, dialect_.version())};
}

// 0: there are none.
Result<int> QueueTables::version() {
  const auto read = session_->execute("SELECT version FROM " + dialect_.schema);
  if (read) return read->rows() == 0 ? 0 : static_cast<int>(read->number(0, 0));
  if (session_->trouble() == Trouble::NoTable) return 0;
  if (session_->trouble() == Trouble::Forbidden) return may_not(read.error());
  return read.error();
}

Error QueueTables::may_not_upgrade(const Error& why) const {
  return {
      fmt::format("the tables {0}_… in {1} are those of an older version, and the user may not "
                  "change them: run 'actiond setup' as the user who made them ({2})",
                  application_, url_.shown, why.text)};
}

Error QueueTables::may_not(const Error& why) const {
  return {
      fmt::format("there are no tables {0}_… in {1}, and the user may not make them, or may not "
                  "read them: run 'actiond setup' as a user who may, then give this one SELECT, "
                  "INSERT, UPDATE and DELETE ({2})",
                  application_, url_.shown, why.text)};
}

// One alone makes tables at a time. PostgreSQL waits for as long as for any other lock.
Result<void> QueueTables::lock_making() {
  if (const auto set = session_->execute(dialect_.wait_for_locks); !set) return set.error();
  for (int tries = 0; tries < kLockTries; ++tries) {
    const auto locked = session_->execute(dialect_.lock_setup);
    if (locked && locked->number(0, 0) == 1) {
      const auto set = session_->execute(dialect_.wait_for_tables);
      return set ? Result<void>() : set.error();
    }
    if (locked) break;
    if (session_->trouble() != Trouble::Again) return locked.error();
  }
  return Error{fmt::format("somebody else has been making the tables in {} for 10 s: try again",
                           url_.shown)};
}

// Whose session it is waits for locks afterwards as it did before.
Result<void> QueueTables::make(const std::function<Result<void>()>& work) {
  if (const auto kept = session_->execute(dialect_.keep_patience); !kept) return kept.error();
  if (auto locked = lock_making(); !locked) return locked;
  auto made = work();
  const auto trouble = session_->trouble();
  for (const auto& statement : {dialect_.unlock_setup, dialect_.former_patience})
    if (const auto done = session_->execute(statement); made && !done) return done.error();
  session_->set_trouble(trouble);
  return made;
}

// Whoever comes after one that waits for a table waits as well, so it gives up in time, and lets
// the others pass before it tries again.
Result<void> QueueTables::step(const std::string& statement) {
  for (int tries = 1;; ++tries) {
    const auto done = session_->execute(statement);
    if (done) return {};
    if (session_->trouble() != Trouble::Again) return done.error();
    if (tries < kStepTries) continue;
    return Error{
        fmt::format("a transaction has locked the tables {}_… in {}: try again when it "
                    "has ended ({})",
                    application_, url_.shown, done.error().text)};
  }
}

// The version comes last: without it nobody takes the tables for whole. Where somebody else has
// made them just now nothing is done: some statements wait for others' transactions, and all for
// them.
Result<void> QueueTables::make_tables_locked(Missing missing) {
  const auto found = version();
  if (!found) return found.error();
  if (*found > dialect_.version()) return are_newer(*found);
  if (*found == dialect_.version() && missing != Missing::MakeEach) return {};
  if (*found != 0 && *found < dialect_.version()) return upgrade_tables_locked(*found);
  for (const auto& table : dialect_.tables)
    if (const auto made = step(table); !made)
      return session_->trouble() == Trouble::Forbidden ? may_not(made.error()) : made.error();
  if (auto made = step(dialect_.add_pauses); !made) return made;
  if (auto added = add_queue(kDead); !added) return added;
  if (*found != 0) return {};
  const auto marked = session_->execute(
      fmt::format("INSERT INTO {} (version) VALUES ({})", dialect_.schema, dialect_.version()));
  return marked ? Result<void>() : marked.error();
}

// Each step may be done anew, if whoever did it died before the version said so.
Result<void> QueueTables::upgrade_tables_locked(int from) {
  for (; from < dialect_.version(); ++from) {
    for (const auto& step : dialect_.upgrades[static_cast<std::size_t>(from - 1)])
      if (const auto done = this->step(step); !done)
        return session_->trouble() == Trouble::Forbidden ? may_not_upgrade(done.error())
                                                         : done.error();
    const auto marked =
        session_->execute(fmt::format("UPDATE {} SET version = {}", dialect_.schema, from + 1));
    if (!marked) return marked.error();
  }
  return {};
}

Result<bool> QueueTables::keeps_pauses(Missing missing) {
  const auto looked = session_->execute("SELECT 1 FROM " + dialect_.pauses + " WHERE 1 = 0");
  if (looked) return true;
  if (session_->trouble() == Trouble::Forbidden) return false;
  if (session_->trouble() != Trouble::NoTable) return looked.error();
  if (missing == Missing::Leave) return false;
  const auto made = make([this] { return step(dialect_.add_pauses); });
  if (made) return true;
  if (session_->trouble() == Trouble::Forbidden) return false;
  return made.error();
}

Error QueueTables::keeps_no_pauses() const {
  return {
      fmt::format("queues can't be paused: there is no table {0} in {1}, or the user may not read "
                  "it: run 'actiond setup' as a user who may make it, then give this one SELECT, "
                  "INSERT and DELETE",
                  dialect_.pauses, url_.shown)};
}

}  // namespace action::sql
