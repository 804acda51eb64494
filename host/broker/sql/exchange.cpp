#include "broker/sql/exchange.hpp"

#include <algorithm>

#include "broker/sql/owner.hpp"

namespace actiond {
namespace {

using action::sql::NewEvent;
using action::sql::QueueTables;
using action::sql::Trouble;

}  // namespace

Exchange::Exchange(QueueTables& tables, DatabaseClaims& claims, DatabaseOwner& owner,
                   const std::vector<std::string>& queues, QueueStarts& starts)
    : tables_(tables),
      claims_(claims),
      owner_(owner),
      queues_(queues),
      starts_(starts),
      keyed_(tables) {}

bool Exchange::is_due(const DatabaseTurn& turn) const {
  return !turn.orders.is_empty() || keyed_.is_due(monotonic_now()) ||
         std::any_of(turn.holds.begin(), turn.holds.end(),
                     [](const auto& hold) { return hold.may_have_more && hold.wanted() > 0; });
}

Result<void> Exchange::run(DatabaseTurn& turn) {
  if (auto checked = refuse_unknown(turn); !checked) return checked;
  keyed_.take_from(turn.orders.stored);
  if (auto done = run_together(turn); !done) return done;
  return keyed_.is_due(monotonic_now()) ? store_keyed(turn) : Result<void>();
}

Result<void> Exchange::store_keyed(DatabaseTurn& turn) {
  const auto stored = keyed_.store(turn.news);
  if (!stored) return stored.error();
  if (*stored) expect_more(turn);
  return {};
}

void Exchange::expect_more(DatabaseTurn& turn) {
  tables_.bell().ring();
  for (auto& hold : turn.holds) hold.may_have_more = true;
}

// One transaction for all that is to be done.
Result<void> Exchange::run_together(DatabaseTurn& turn) {
  std::vector<NewEvent> events;
  for (const auto& each : turn.orders.stored)
    events.push_back({each.queue, &each.message, each.delay_ms});
  const auto all = [&]() -> Result<void> {
    if (auto settled = settle(turn); !settled) return settled;
    if (auto inserted = tables_.insert(events); !inserted) return inserted;
    return take(turn);
  };
  const bool is_only_taking = turn.orders.is_empty() && claims_.takes_in_one();
  auto done = is_only_taking ? take(turn)
                             : tables_.transaction(all, events.empty() ? QueueTables::Loss::Repeats
                                                                       : QueueTables::Loss::Never);
  if (!done && !events.empty() && tables_.session().trouble() == Trouble::Refused)
    done = run_apart(turn);
  else if (done)
    for (const auto& each : turn.orders.stored) turn.news.confirmed.push_back({each.number, {}});
  if (!done) return done;
  if (!events.empty() || !turn.orders.given_back.empty()) expect_more(turn);
  return read(turn);
}

// Of the others it is not to be said that they were refused because one was.
Result<void> Exchange::run_apart(DatabaseTurn& turn) {
  for (const auto& each : turn.orders.stored) {
    const NewEvent event{each.queue, &each.message, each.delay_ms};
    auto stored = tables_.transaction([&] { return tables_.insert({&event, 1}); });
    if (!stored && tables_.session().trouble() == Trouble::Lost) return stored;
    turn.news.confirmed.push_back({each.number, std::move(stored)});
  }
  return tables_.transaction([&]() -> Result<void> {
    if (auto settled = settle(turn); !settled) return settled;
    return take(turn);
  });
}

Result<void> Exchange::refuse_unknown(DatabaseTurn& turn) {
  auto& stored = turn.orders.stored;
  for (auto each = stored.begin(); each != stored.end();) {
    const auto is_known = tables_.has_queue(each->queue);
    if (!is_known) return is_known.error();
    auto fits = tables_.check_size(each->message);
    if (*is_known && fits) {
      ++each;
      continue;
    }
    turn.news.confirmed.push_back(
        {each->number, *is_known ? std::move(fits) : tables_.no_such_queue(each->queue)});
    each = stored.erase(each);
  }
  return {};
}

Result<void> Exchange::settle(const DatabaseTurn& turn) {
  const auto numbers = [](const auto& settled) {
    std::vector<std::int64_t> seqs;
    for (const auto& each : settled) seqs.push_back(each.seq);
    std::sort(seqs.begin(), seqs.end());  // as everybody locks them
    return seqs;
  };
  const auto gone = claims_.acknowledge(numbers(turn.orders.acknowledged));
  if (!gone) return gone.error();
  const auto given = claims_.give_back(numbers(turn.orders.given_back));
  if (!given) return given.error();
  const auto wanted = turn.orders.acknowledged.size() + turn.orders.given_back.size();
  if (*gone + *given != wanted)
    if (auto alive = owner_.check_alive(); !alive) return alive;
  return count(turn);
}

Result<void> Exchange::count(const DatabaseTurn& turn) {
  std::vector<std::pair<int, int>> counts(queues_.size());  // done, failed
  for (const auto& each : turn.orders.acknowledged) {
    counts[each.queue].first += each.handled == Handled::Done;
    counts[each.queue].second += each.handled == Handled::Failed;
  }
  for (QueueIndex i = 0; i < queues_.size(); ++i)
    if (counts[i] != std::pair<int, int>())
      if (auto done = claims_.count(queues_[i], counts[i].first, counts[i].second); !done)
        return done;
  return {};
}

// What is lower is left to others while a higher one may have more; and before anything lower is
// taken, the higher ones are asked once more.
Result<void> Exchange::take(DatabaseTurn& turn) {
  turn.taken.clear();
  const auto& from_ms = starts_.at(monotonic_now());
  const auto is_worth_it = [](const QueueHold& hold) {
    return hold.may_have_more && hold.wanted() > 0;
  };
  const auto lowest = std::find_if(turn.holds.rbegin(), turn.holds.rend(), is_worth_it);
  const auto end = static_cast<QueueIndex>(turn.holds.rend() - lowest);
  for (QueueIndex i = 0; i < end; ++i) {
    auto& hold = turn.holds[i];
    if (hold.prefetch == 0) continue;
    if (hold.wanted() == 0) {
      if (hold.may_have_more) break;
      continue;
    }
    auto taken = claims_.take_from_anywhere(queues_[i], hold.wanted(), from_ms[i]);
    if (!taken) return taken.error();
    const bool may_have_more = taken->may_have_more;
    turn.taken.emplace_back(i, std::move(*taken));
    if (may_have_more) break;
  }
  return {};
}

// It is committed: only now is it ours, and only now may be counted with.
Result<void> Exchange::read(DatabaseTurn& turn) {
  for (auto& [queue, taken] : turn.taken) {
    turn.holds[queue].may_have_more = taken.may_have_more;
    if (taken.seqs.empty()) continue;
    starts_.taken(queue, taken.last_due_ms);
    Result<std::vector<StoredClaim>> claims = std::move(taken.claims);
    if (!claims_.takes_in_one()) claims = claims_.read(taken.seqs);
    if (!claims) return claims.error();
    for (auto& claim : *claims) turn.news.arrived.push_back({queue, std::move(claim)});
  }
  return {};
}

}  // namespace actiond
