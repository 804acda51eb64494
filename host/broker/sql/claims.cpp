#include "broker/sql/claims.hpp"

#include <fmt/format.h>

#include <algorithm>

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

}  // namespace

std::string ready_statement(const action::sql::Dialect& sql) {
  return fmt::format(
      "SELECT seq, due_ms, OCTET_LENGTH(params) FROM {}{} WHERE queue = ? AND state = 0"
      " AND due_ms >= ? AND due_ms <= {} ORDER BY due_ms, seq LIMIT ? FOR UPDATE SKIP LOCKED",
      sql.events, sql.by_ready, sql.now_ms);
}

DatabaseClaims::DatabaseClaims(QueueTables& tables, std::int64_t owner)
    : tables_(tables), owner_(owner) {
  const auto& sql = tables.dialect();
  ready_ = ready_statement(sql);
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

Result<void> DatabaseClaims::own(std::span<const std::int64_t> seqs) {
  std::vector<std::int64_t> ascending(seqs.begin(), seqs.end());  // as everybody locks them
  std::sort(ascending.begin(), ascending.end());
  const Value owner[] = {owner_};
  return for_some(take_, ascending, owner, [](const Answer&) {});
}

Result<DatabaseClaims::Taken> DatabaseClaims::take_from_anywhere(const std::string& queue, int most,
                                                                 std::int64_t from_ms) {
  auto taken = take(queue, most, from_ms);
  if (!taken || taken->may_have_more || from_ms == 0) return taken;
  auto earlier = take(queue, most - static_cast<int>(taken->seqs.size()), 0);
  if (!earlier) return earlier;
  taken->seqs.insert(taken->seqs.end(), earlier->seqs.begin(), earlier->seqs.end());
  taken->may_have_more = earlier->may_have_more;
  taken->last_due_ms = std::max(taken->last_due_ms, earlier->last_due_ms);
  return taken;
}

Result<std::vector<DatabaseClaim>> DatabaseClaims::read(std::span<const std::int64_t> seqs) {
  std::vector<std::pair<std::int64_t, DatabaseClaim>> read;  // by due time
  const auto use = [&read](const Answer& answer) {
    for (std::size_t i = 0; i < answer.rows(); ++i) {
      auto& [due_ms, claim] = read.emplace_back();
      claim.seq = answer.number(i, 0);
      claim.is_redelivered = answer.number(i, 1) != 0;
      due_ms = answer.number(i, 2);
      action::sql::read_message(answer, i, 3, claim.message);
      claim.message.trail.queued_at_ms = due_ms;  // since when it waits, to the ms
    }
  };
  if (auto done = for_some(read_, seqs, {}, use); !done) return done.error();
  std::sort(read.begin(), read.end(), [](const auto& one, const auto& other) {
    return std::pair(one.first, one.second.seq) < std::pair(other.first, other.second.seq);
  });
  std::vector<DatabaseClaim> claims;
  for (auto& [due_ms, claim] : read) claims.push_back(std::move(claim));
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
  return given;
}

Result<void> DatabaseClaims::count(const std::string& queue, int done, int failed) {
  const auto counted =
      tables_.session().with(tables_.dialect().add_counts, queue, owner_, done, failed);
  return counted ? Result<void>() : counted.error();
}

Result<DatabaseClaims::Look> DatabaseClaims::look(std::span<const std::string> queues) {
  const auto& sql = tables_.dialect();
  std::string all = "SELECT ";
  std::vector<Value> values;
  for (const auto& queue : queues) {
    all +=
        fmt::format("EXISTS (SELECT 1 FROM {}{} WHERE queue = ? AND state = 0 AND due_ms <= {}),",
                    sql.events, sql.by_ready, sql.now_ms);
    values.emplace_back(queue);
  }
  values.emplace_back(owner_);
  const auto answer = tables_.session().run(all + " EXISTS (" + sql.dead_owners + ")", values);
  if (!answer) return answer.error();
  Look look;
  for (std::size_t i = 0; i < queues.size(); ++i)
    look.has_ready.push_back(answer->number(0, i) == 1);
  look.is_owner_dead = answer->number(0, queues.size()) == 1;
  return look;
}

}  // namespace actiond
