#include "client/memcached/memcached_link.hpp"

#include <algorithm>

#include "client/unique.hpp"

namespace action::memcached {
namespace {

constexpr std::size_t kMostPending = 1000;
constexpr std::size_t kMostBytes = 32 << 20;
constexpr std::chrono::milliseconds kLeastPatience{1000};

}  // namespace

Result<std::unique_ptr<Link>> MemcachedLink::open(const Target& target, OnSettled on_settled,
                                                  std::chrono::milliseconds timeout) {
  if (target.topology.type == QueueType::Quorum) return Error{kNoQuorumInMemcached};
  const auto patience = std::max(timeout, kLeastPatience);
  auto rings = Rings::open(target.memcached, target.topology.application, patience, patience);
  if (!rings) return Error{rings.error().text + target.advice, rings.error().fault};
  return std::unique_ptr<Link>(new MemcachedLink(std::move(*rings), std::move(on_settled)));
}

Result<std::uint64_t> MemcachedLink::publish(const std::string& queue, const Message& message) {
  return publish_later(queue, message, {});
}

Result<std::uint64_t> MemcachedLink::publish_later(const std::string& queue, const Message& message,
                                                   std::chrono::milliseconds delay) {
  if (failure_) return *failure_;
  if (!message.unique.key.empty()) return knows_no_keys("memcached");
  const auto size = std::min(message.body.size(), kMostBytes);
  if (pending_.size() >= kMostPending || pending_bytes_ + size > kMostBytes)
    if (auto stored = wait(kLeastPatience); !stored) return stored.error();
  if (auto added = rings_->add_queue(queue); !added) return fail(added.error());
  pending_bytes_ += size;
  pending_.push_back({queue, message, std::max<std::int64_t>(0, delay.count())});
  return ++published_;
}

Result<void> MemcachedLink::wait(std::chrono::milliseconds) {
  if (failure_) return *failure_;
  if (pending_.empty()) return {};
  std::vector<NewSlot> events;
  for (const auto& each : pending_) events.push_back({each.queue, &each.message, each.delay_ms});
  const auto results = rings_->put(events);
  if (!results) return fail(results.error());
  rings_->bell().ring();
  const std::uint64_t first = published_ - pending_.size() + 1;
  pending_.clear();
  pending_bytes_ = 0;
  for (std::size_t i = 0; i < results->size(); ++i) on_settled_(first + i, (*results)[i]);
  return {};
}

}  // namespace action::memcached
