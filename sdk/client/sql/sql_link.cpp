#include "client/sql/sql_link.hpp"

#include <algorithm>

namespace action::sql {
namespace {

constexpr std::size_t kLinkBatch = 1000;  // so many others may wait for
constexpr std::size_t kMostPendingBytes = 32 << 20;
constexpr std::chrono::milliseconds kLeastTimeout{1000};

}  // namespace

Result<std::unique_ptr<Link>> SqlLink::open(const Target& target, OnSettled on_settled,
                                            std::chrono::milliseconds timeout) {
  if (target.topology.type == QueueType::Quorum) return Error{kNoQuorumInDatabase};
  const auto patience = std::max(timeout, kLeastTimeout);
  auto tables = QueueTables::open(target.database, target.topology.application, target.name,
                                  patience, patience);
  if (!tables) return Error{tables.error().text + target.advice, tables.error().fault};
  return std::unique_ptr<Link>(new SqlLink(std::move(*tables), std::move(on_settled)));
}

Result<std::uint64_t> SqlLink::publish(const std::string& queue, const Message& message) {
  return publish_later(queue, message, {});
}

Result<std::uint64_t> SqlLink::publish_later(const std::string& queue, const Message& message,
                                             std::chrono::milliseconds delay) {
  if (failure_) return *failure_;
  if (auto fits = tables_->check_size(message); !fits) return fits.error();
  const auto size = std::min(message.body.size(), kMostPendingBytes);
  const bool is_full = pending_.size() >= kLinkBatch || pending_bytes_ + size > kMostPendingBytes;
  if (is_full)
    if (auto stored = wait(kLeastTimeout); !stored) return stored.error();
  if (auto added = tables_->add_queue(queue); !added) return fail(added.error());
  pending_bytes_ += size;
  pending_.push_back({queue, message, std::max<std::int64_t>(0, delay.count())});
  return ++published_;
}

Result<void> SqlLink::wait(std::chrono::milliseconds) {
  if (failure_) return *failure_;
  if (pending_.empty()) return {};
  std::vector<Result<void>> taken(pending_.size());
  if (auto stored = store(taken); !stored) return fail(stored.error());
  tables_->bell().ring();
  const std::uint64_t first = published_ - pending_.size() + 1;
  pending_.clear();
  pending_bytes_ = 0;
  for (std::size_t i = 0; i < taken.size(); ++i) on_settled_(first + i, taken[i]);
  return {};
}

// One alone is a transaction by itself.
Result<void> SqlLink::store(std::vector<Result<void>>& taken) {
  std::vector<NewEvent> events;
  for (const auto& each : pending_) events.push_back({each.queue, &each.message, each.delay_ms});
  const auto insert = [&] { return tables_->insert(events); };
  const bool has_keys = std::any_of(pending_.begin(), pending_.end(), [](const Pending& each) {
    return !each.message.unique.key.empty();
  });
  auto stored = events.size() == 1 && !has_keys ? insert() : tables_->transaction(insert);
  if (stored || tables_->session().trouble() == Trouble::Lost) return stored;
  return store_each(events, taken);
}

// One of them is refused: the others need not be.
Result<void> SqlLink::store_each(const std::vector<NewEvent>& events,
                                 std::vector<Result<void>>& taken) {
  for (std::size_t i = 0; i < events.size(); ++i) {
    taken[i] = tables_->transaction([&] { return tables_->insert({&events[i], 1}); });
    if (!taken[i] && tables_->session().trouble() == Trouble::Lost) return taken[i];
  }
  return {};
}

}  // namespace action::sql
