#include "broker/sql/claims.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "broker/sql/queue_starts.hpp"

namespace actiond {
namespace {

using action::sql::Answer;
using action::sql::QueueTables;
using action::sql::Value;

constexpr std::int64_t kMostTaken = 32 << 20;  // bytes of params, in one go
// A list of numbers is as long as one of these, the last one repeated: few statements to prepare.
constexpr std::size_t kListSizes[] = {1, 4, 16, 64, 256};

std::size_t list_size(std::size_t count) {
  for (const auto size : kListSizes)
    if (size >= count) return size;
  return std::end(kListSizes)[-1];
}

StoredClaim claim_of(const Answer& answer, std::size_t row) {
  StoredClaim claim;
  claim.seq = answer.number(row, 0);
  claim.is_redelivered = answer.number(row, 1) != 0;
  action::sql::read_message(answer, row, 3, claim.message);
  claim.message.trail.queued_at_ms =
      std::max<std::int64_t>(0, answer.number(row, 2));  // since when it waits, to the ms
  return claim;
}

void sort_as_they_wait(std::vector<StoredClaim>& claims) {
  std::sort(claims.begin(), claims.end(), [](const auto& one, const auto& other) {
    return std::pair(one.message.trail.queued_at_ms, one.seq) <
           std::pair(other.message.trail.queued_at_ms, other.seq);
  });
}

}  // namespace

std::string ready_statement(const action::sql::Dialect& sql) {
  return fmt::format(
      "SELECT seq, due_ms, OCTET_LENGTH(params) FROM {}{} WHERE queue = ? AND state = 0"
      " AND due_ms >= ? AND due_ms <= {} ORDER BY due_ms, seq LIMIT ? FOR UPDATE SKIP LOCKED",
      sql.events, sql.by_ready, sql.now_ms);
}

// The sums go by the order in which the rows were found. An array can't be joined the wrong way
// round by a planner who believes that the table is empty. What does not fit stays unlocked at the
// statement's end.
std::string claim_statement(const action::sql::Dialect& sql) {
  return fmt::format(
      "WITH locked AS MATERIALIZED (SELECT seq, OCTET_LENGTH(params) AS size FROM {0}"
      " WHERE queue = ? AND state = 0 AND due_ms >= ? AND due_ms <= {1} ORDER BY due_ms, seq"
      " LIMIT ? FOR UPDATE SKIP LOCKED), fitting AS MATERIALIZED (SELECT seq FROM (SELECT seq,"
      " size, SUM(size) OVER (ROWS UNBOUNDED PRECEDING) AS so_far FROM locked) AS sums"
      " WHERE so_far - size < {2})"
      " UPDATE {0} SET state = 1, owner = ?, owned_since_ms = {1}"
      " WHERE seq = ANY (ARRAY(SELECT seq FROM fitting)) RETURNING seq, is_redelivered, due_ms, "
      "{3}",
      sql.events, sql.now_ms, kMostTaken, action::sql::kMessageColumns);
}

DatabaseClaims::DatabaseClaims(QueueTables& tables, std::int64_t owner)
    : tables_(tables), owner_(owner) {
  const auto& sql = tables.dialect();
  ready_ = ready_statement(sql);
  if (sql.has_returning) claim_ = claim_statement(sql);
  take_ = fmt::format("UPDATE {} SET state = 1, owner = ?, owned_since_ms = {} WHERE seq IN (",
                      sql.events, sql.now_ms);
  acknowledge_ = fmt::format("DELETE FROM {} WHERE owner = ? AND seq IN (", sql.events);
  give_back_ = fmt::format(
      "UPDATE {} SET state = 0, owner = NULL, is_redelivered = 1 WHERE owner = ? AND seq IN (",
      sql.events);
  read_ = fmt::format("SELECT seq, is_redelivered, due_ms, {} FROM {} WHERE seq IN (",
                      action::sql::kMessageColumns, sql.events);
}

template <typename Use>
Result<void> DatabaseClaims::for_some(const std::string& before, std::span<const std::int64_t> seqs,
                                      std::span<const Value> values, Use&& use) {
  while (!seqs.empty()) {
    const auto size = list_size(seqs.size());
    const auto some = seqs.first(std::min(size, seqs.size()));
    std::vector<Value> all(values.begin(), values.end());
    for (const auto seq : some) all.emplace_back(seq);
    all.resize(values.size() + size, Value(some.back()));
    const auto answer =
        tables_.session().run(before + action::sql::question_marks(size) + ")", all);
    if (!answer) return answer.error();
    use(*answer);
    seqs = seqs.subspan(some.size());
  }
  return {};
}

Result<DatabaseClaims::Taken> DatabaseClaims::take(const std::string& queue, int most,
                                                   std::int64_t from_ms) {
  if (takes_in_one()) return take_in_one(queue, most, from_ms);
  const auto ready = tables_.session().with(ready_, queue, from_ms, most);
  if (!ready) return ready.error();
  Taken taken;
  std::int64_t bytes = 0;
  for (std::size_t i = 0; i < ready->rows() && bytes < kMostTaken; ++i) {
    taken.seqs.push_back(ready->number(i, 0));
    taken.last_due_ms = ready->number(i, 1);
    bytes += ready->number(i, 2);
  }
  taken.may_have_more = ready->rows() == static_cast<std::size_t>(most) || bytes >= kMostTaken;
  if (auto owned = own(taken.seqs); !owned) return owned.error();
  return taken;
}

Result<DatabaseClaims::Taken> DatabaseClaims::take_in_one(const std::string& queue, int most,
                                                          std::int64_t from_ms) {
  Taken taken;
  std::size_t bytes = 0;
  const auto claimed = tables_.repeat([&]() -> Result<void> {
    const auto answer = tables_.session().with(claim_, queue, from_ms, most, owner_);
    if (!answer) return answer.error();
    for (std::size_t row = 0; row < answer->rows(); ++row) {
      taken.claims.push_back(claim_of(*answer, row));
      bytes += taken.claims.back().message.body.size();
    }
    return {};
  });
  if (!claimed) return claimed.error();
  sort_as_they_wait(taken.claims);
  for (const auto& claim : taken.claims) taken.seqs.push_back(claim.seq);
  if (!taken.claims.empty()) taken.last_due_ms = taken.claims.back().message.trail.queued_at_ms;
  taken.may_have_more =
      taken.claims.size() == static_cast<std::size_t>(most) || bytes >= std::size_t{kMostTaken};
  return taken;
}

Result<void> DatabaseClaims::own(std::span<const std::int64_t> seqs) {
  std::vector<std::int64_t> ascending(seqs.begin(), seqs.end());  // as everybody locks them
  std::sort(ascending.begin(), ascending.end());
  const Value owner[] = {owner_};
  return for_some(take_, ascending, owner, [](const Answer&) {});
}

Result<DatabaseClaims::Taken> DatabaseClaims::take_from_anywhere(const std::string& queue, int most,
                                                                 std::int64_t from_ms) {
  auto taken = take(queue, most, from_ms);
  if (!taken || taken->may_have_more || from_ms == kBeginning) return taken;
  auto earlier = take(queue, most - static_cast<int>(taken->seqs.size()), kBeginning);
  if (!earlier) return earlier;
  taken->seqs.insert(taken->seqs.end(), earlier->seqs.begin(), earlier->seqs.end());
  std::move(earlier->claims.begin(), earlier->claims.end(), std::back_inserter(taken->claims));
  sort_as_they_wait(taken->claims);
  taken->may_have_more = earlier->may_have_more;
  taken->last_due_ms = std::max(taken->last_due_ms, earlier->last_due_ms);
  return taken;
}

Result<std::vector<StoredClaim>> DatabaseClaims::read(std::span<const std::int64_t> seqs) {
  std::vector<StoredClaim> claims;
  const auto use = [&claims](const Answer& answer) {
    for (std::size_t row = 0; row < answer.rows(); ++row) claims.push_back(claim_of(answer, row));
  };
  if (auto done = for_some(read_, seqs, {}, use); !done) return done.error();
  sort_as_they_wait(claims);
  return claims;
}

Result<std::uint64_t> DatabaseClaims::acknowledge(std::span<const std::int64_t> seqs) {
  std::uint64_t gone = 0;
  const Value owner[] = {owner_};
  const auto done = for_some(acknowledge_, seqs, owner,
                             [&gone](const Answer& answer) { gone += answer.changed; });
  if (!done) return done.error();
  return gone;
}

Result<std::uint64_t> DatabaseClaims::give_back(std::span<const std::int64_t> seqs) {
  std::uint64_t given = 0;
  const Value owner[] = {owner_};
  const auto done = for_some(give_back_, seqs, owner,
                             [&given](const Answer& answer) { given += answer.changed; });
  if (!done) return done.error();
  if (given > 0)
    if (auto told = tables_.tell_listeners(); !told) return told.error();
  return given;
}

Result<void> DatabaseClaims::count(const std::string& queue, int done, int failed) {
  const auto counted =
      tables_.session().with(tables_.dialect().add_counts, queue, owner_, done, failed);
  return counted ? Result<void>() : counted.error();
}

Result<DatabaseClaims::Look> DatabaseClaims::look(std::span<const std::string> queues,
                                                  std::span<const std::int64_t> from_ms) {
  const auto& sql = tables_.dialect();
  std::string all = "SELECT " + sql.now_ms + ", ";
  std::vector<Value> values;
  for (std::size_t i = 0; i < queues.size(); ++i) {
    all += fmt::format(
        "(SELECT due_ms FROM {}{} WHERE queue = ? AND state = 0 AND due_ms >= ?"
        " ORDER BY due_ms LIMIT 1), ",
        sql.events, sql.by_ready);
    values.emplace_back(queues[i]);
    values.emplace_back(from_ms[i]);
  }
  values.emplace_back(owner_);
  const auto answer = tables_.session().run(all + "EXISTS (" + sql.dead_owners + ")", values);
  if (!answer) return answer.error();
  Look look;
  for (std::size_t i = 1; i <= queues.size(); ++i) {
    auto& due = look.due_in_ms.emplace_back();
    if (!answer->is_null(0, i) && answer->number(0, i) < action::sql::kNeverDue_ms)
      due = std::max<std::int64_t>(
          0, std::max<std::int64_t>(0, answer->number(0, i)) - answer->number(0, 0));
  }
  look.is_owner_dead = answer->number(0, queues.size() + 1) == 1;
  return look;
}

}  // namespace actiond
