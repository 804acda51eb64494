#include "client/sqlite/sqlite_link.hpp"

#include <algorithm>
#include <utility>

#include "client/delay_trip.hpp"
#include "client/unique.hpp"

namespace action {
namespace {

constexpr std::size_t kBatch = 1000;  // so many others may wait for
constexpr std::chrono::milliseconds kLeastPatience{1000};

}  // namespace

Result<std::unique_ptr<Link>> SqliteLink::open(const Target& target, OnSettled on_settled,
                                               std::chrono::milliseconds timeout) {
  if (target.topology.type == QueueType::Quorum) return Error{kNoQuorumInFile};
  auto file = QueueFile::open(target.queue_file, std::max(timeout, kLeastPatience));
  if (!file) return file.error();
  return std::unique_ptr<Link>(
      new SqliteLink(std::move(*file), target.topology, std::move(on_settled)));
}

Result<std::uint64_t> SqliteLink::publish(const std::string& queue, const Message& message) {
  return add(queue, message, 0);
}

Result<std::uint64_t> SqliteLink::publish_later(const std::string& queue, const Message& message,
                                                std::chrono::milliseconds delay) {
  return add(queue, message, due_at_ms(delay, std::chrono::system_clock::now()));
}

Result<std::uint64_t> SqliteLink::add(const std::string& queue, const Message& message,
                                      std::int64_t due_at_ms) {
  if (pending_.size() >= kBatch)
    if (auto stored = wait(kLeastPatience); !stored) return stored.error();
  const auto id = file_->queue(topology_.queue(queue));
  if (!id) return fail(id.error());
  pending_.push_back({*id, due_at_ms, message});
  return ++published_;
}

Result<void> SqliteLink::wait(std::chrono::milliseconds timeout) {
  if (failure_) return *failure_;
  if (pending_.empty()) return {};
  file_->database().set_patience(std::max(timeout, kLeastPatience));
  if (auto stored = store(); !stored) return fail(stored.error());
  file_->bell().ring();
  const std::uint64_t first = published_ - pending_.size() + 1;
  const auto settled = std::exchange(pending_, {});
  for (std::size_t i = 0; i < settled.size(); ++i) {
    const auto& key = settled[i].message.unique.key;
    on_settled_(first + i, holders_[i].empty() ? Result<void>() : already_there(key, holders_[i]));
  }
  return {};
}

Result<void> SqliteLink::store() {
  if (auto there = file_->is_in_place(); !there) return there.error();
  return file_->transaction(QueueFile::Outlives::PowerLoss, [this]() -> Result<void> {
    holders_.clear();
    for (const auto& each : pending_) {
      auto stored = file_->insert(each.queue, each.message, each.due_at_ms);
      if (!stored) return stored.error();
      holders_.push_back(each.message.unique.is_asked ? std::move(*stored) : std::string());
    }
    return {};
  });
}

}  // namespace action
