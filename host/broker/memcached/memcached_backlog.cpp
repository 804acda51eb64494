// What waits in memcached, in the application's queues and among the dead letters. What is taken is
// in hand of an owner, as a poller's would be.
#include "broker/memcached/memcached_backlog.hpp"

#include <algorithm>

#include "broker/memcached/ring_owner.hpp"

namespace actiond {
namespace {

namespace mc = action::memcached;

constexpr std::size_t kMovedTogether = 200;

class MemcachedBacklog : public Backlog {
 public:
  MemcachedBacklog(std::unique_ptr<mc::Rings> rings, RingOwner owner,
                   std::vector<std::string> queues, std::vector<mc::Rings::Ends> ends)
      : rings_(std::move(rings)),
        owner_(std::move(owner)),
        queues_(std::move(queues)),
        ends_(std::move(ends)) {}
  // What an abandoned one had taken need not wait until its owner is missed.
  ~MemcachedBacklog() override {
    if (!claimed_.empty()) (void)close().ok();
  }

  Result<std::vector<Waiting>> take(std::size_t most) override {
    if (auto stays = owner_.stay(); !stays) return stays.error();
    std::vector<Waiting> taken;
    for (; taken.empty() && queue_ < queues_.size();) {
      auto& ends = ends_[queue_];
      if (ends.head == 0 || ends.head > ends.tail) {
        ++queue_;
        continue;
      }
      if (auto some = take_some(std::min(most, kMovedTogether), ends, taken); !some)
        return some.error();
    }
    return taken;
  }

  Result<void> remove(const std::vector<Waiting>& stored) override {
    std::vector<mc::Command> commands;
    for (const auto& each : stored) rings_->finish(each.queue, each.tag, commands);
    const auto removed = rings_->connection().run(commands);
    if (!removed) return removed.error();
    for (const auto& each : stored) std::erase(claimed_, std::pair(each.queue, each.tag));
    return {};
  }

  Result<void> close() override {
    std::vector<mc::Command> commands;
    for (const auto& [queue, slot] : claimed_)
      commands.push_back(mc::set(rings_->claim_key(queue, slot), mc::kNobody));
    claimed_.clear();
    if (const auto given = rings_->connection().run(commands); !given) return given.error();
    return owner_.leave();
  }

 private:
  // Those that nobody has in hand, or had and gave back.
  Result<void> take_some(std::size_t most, mc::Rings::Ends& ends, std::vector<Waiting>& taken) {
    const auto& queue = queues_[queue_];
    std::vector<std::uint64_t> slots;
    std::vector<mc::Command> commands;
    for (; slots.size() < most && ends.head <= ends.tail; ++ends.head) {
      slots.push_back(ends.head);
      commands.push_back(mc::add(rings_->claim_key(queue, ends.head), owner_.id()));
    }
    const auto replies = rings_->connection().run(commands);
    if (!replies) return replies.error();
    std::vector<std::uint64_t> mine;
    for (std::size_t i = 0; i < slots.size(); ++i) {
      if ((*replies)[i].is("STORED")) {
        mine.push_back(slots[i]);
        continue;
      }
      const auto left = take_left(queue, slots[i]);
      if (!left) return left.error();
      if (*left) mine.push_back(slots[i]);
    }
    return read(queue, mine, taken);
  }

  Result<bool> take_left(const std::string& queue, std::uint64_t slot) {
    const auto claim = rings_->connection().run(mc::get(rings_->claim_key(queue, slot)));
    if (!claim) return claim.error();
    if (claim->items.empty()) return false;
    const auto& item = claim->items.front();
    const auto owner = rings_->connection().run(mc::get(rings_->owner_key(item.value)));
    if (!owner) return owner.error();
    if (!owner->items.empty()) return false;
    const auto swapped = rings_->connection().run(
        mc::swap(rings_->claim_key(queue, slot), owner_.id(), item.version));
    if (!swapped) return swapped.error();
    return swapped->is("STORED");
  }

  Result<void> read(const std::string& queue, const std::vector<std::uint64_t>& mine,
                    std::vector<Waiting>& taken) {
    auto found = rings_->read(queue, mine);
    if (!found) return found.error();
    std::vector<mc::Command> commands;
    std::size_t next = 0;
    for (const auto slot : mine) {
      if (next == found->size() || (*found)[next].number != slot) {
        commands.push_back(mc::remove(rings_->claim_key(queue, slot)));  // there is nothing
        continue;
      }
      auto& each = (*found)[next++].slot;
      const auto due = each.due_ms > mc::now_ms() ? each.due_ms : 0;
      taken.push_back({queue, due, std::move(each.message), 0, slot});
      claimed_.emplace_back(queue, slot);
    }
    const auto removed = rings_->connection().run(commands);
    return removed ? Result<void>() : removed.error();
  }

  std::unique_ptr<mc::Rings> rings_;
  RingOwner owner_;
  std::vector<std::string> queues_;
  std::vector<mc::Rings::Ends> ends_;  // of each queue: what was not looked at yet
  std::size_t queue_ = 0;
  std::vector<std::pair<std::string, std::uint64_t>> claimed_;
};

}  // namespace

Result<std::unique_ptr<Backlog>> open_memcached_backlog(const action::Link::Target& target,
                                                        std::chrono::milliseconds timeout) {
  auto rings = mc::Rings::open(target.memcached, target.topology.application, timeout, timeout);
  if (!rings) return rings.error();
  auto owner = RingOwner::enter(**rings, target.name);
  if (!owner) return owner.error();
  auto queues = target.topology.queues;
  queues.emplace_back(action::kDead);
  auto ends = (*rings)->ends(queues);
  if (!ends) return ends.error();
  auto& dead = ends->back();
  if (dead.tail > mc::kDeadRing) dead.head = dead.tail - mc::kDeadRing + 1;
  return std::unique_ptr<Backlog>(new MemcachedBacklog(std::move(*rings), std::move(*owner),
                                                       std::move(queues), std::move(*ends)));
}

// Nowhere else did all begin in the same millisecond, by the same hand.
Result<bool> is_one_memcached(const action::Link::Target& one, const action::Link::Target& other,
                              std::chrono::milliseconds timeout) {
  const auto open = [timeout](const auto& target) {
    return mc::Rings::open(target.memcached, target.topology.application, timeout, timeout);
  };
  const auto first = open(one);
  if (!first) return first.error();
  const auto second = open(other);
  if (!second) return second.error();
  return (*first)->born() == (*second)->born();
}

}  // namespace actiond
