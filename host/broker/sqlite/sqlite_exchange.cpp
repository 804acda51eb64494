// One exchange of SqliteBroker with its file: what was settled and stored, and what is taken.
#include <utility>

#include "broker/sqlite/sqlite_broker.hpp"
#include "client/unique.hpp"

namespace actiond {

using action::QueueFile;

// One transaction for all that is to be done. If it fails, all of it is done by the next.
Result<void> SqliteBroker::exchange() {
  if (auto there = file_->is_in_place(); !there) return there.error();
  const auto outlives =
      stored_.empty() ? QueueFile::Outlives::Kill : QueueFile::Outlives::PowerLoss;
  const auto now_ms = wall_now_ms();
  taken_.clear();
  const auto done = file_->transaction(outlives, [&]() -> Result<void> {
    if (auto settled = settle(now_ms); !settled || is_closing_) return settled;
    return take();
  });
  if (!done) return be_patient(done.error());
  busy_since_.reset();
  if (!stored_.empty() || !given_back_.empty()) file_->bell().ring();
  for (auto& stored : stored_) confirmed_.push_back({stored.number, answer_of(stored)});
  for (auto& arrival : taken_) {
    ++queues_[arrival.queue].held;
    arrived_.push_back(std::move(arrival));
  }
  const bool is_time_changed = !stored_.empty() || (next_due_ms_ && *next_due_ms_ <= now_ms);
  acknowledged_.clear();
  given_back_.clear();
  stored_.clear();
  if (!is_time_changed) return {};
  const auto due = claims_.next_due();
  if (due) next_due_ms_ = *due;
  return {};
}

Result<void> SqliteBroker::answer_of(const Stored& stored) {
  if (stored.holder.empty()) return {};
  return action::already_there(stored.message.unique.key, stored.holder);
}

Result<void> SqliteBroker::settle(std::int64_t now_ms) {
  std::vector<std::pair<int, int>> counts(queues_.size());  // done, failed
  for (const auto& each : acknowledged_) {
    counts[each.queue].first += each.handled == Handled::Done;
    counts[each.queue].second += each.handled == Handled::Failed;
    if (auto done = claims_.acknowledge(each.seq); !done) return done;
  }
  for (QueueIndex i = 0; i < queues_.size(); ++i)
    if (counts[i] != std::pair<int, int>())
      if (auto done = claims_.count(queues_[i].row, counts[i].first, counts[i].second); !done)
        return done;
  for (const auto seq : given_back_)
    if (auto done = claims_.give_back(seq); !done) return done;
  for (auto& each : stored_) {
    auto done = file_->insert(each.queue, each.message, each.due_at_ms);
    if (!done) return done.error();
    each.holder = each.message.unique.is_asked ? std::move(*done) : std::string();
  }
  if (!given_back_.empty() || !stored_.empty()) expect_more();
  if (!next_due_ms_ || *next_due_ms_ > now_ms) return {};
  const auto woken = claims_.wake(now_ms);
  if (!woken) return woken.error();
  if (*woken) expect_more();
  return {};
}

// What is lower is left to others while the higher one may have more.
Result<void> SqliteBroker::take() {
  bool is_turn = true;
  for (QueueIndex i = 0; i < queues_.size(); ++i) {
    auto& queue = queues_[i];
    if (!queue.is_worth_a_look(is_turn)) continue;
    if (queue.wanted() > 0) {
      auto taken = claims_.take(queue.row, queue.wanted());
      if (!taken) return taken.error();
      queue.may_have_more = taken->may_have_more;
      for (auto& claim : taken->claims) taken_.push_back({i, std::move(claim)});
    }
    is_turn &= !queue.may_have_more;
  }
  return {};
}

// A lock that somebody holds for a while is no loss: what is to be done waits.
Result<void> SqliteBroker::be_patient(const Error& error) {
  expect_more();
  taken_.clear();
  if (!file_->database().was_busy()) return error;
  const auto now = monotonic_now();
  if (!busy_since_) busy_since_ = now;
  return now - *busy_since_ > kLongestBusy ? Result<void>(error) : Result<void>();
}

}  // namespace actiond
