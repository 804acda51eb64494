// A look at queues in memcached. Long rings are not read: of them it is said how many slots there
// are from the first that is not finished to the last.
#include "broker/memcached/memcached_look.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "client/memcached/rings.hpp"

namespace actiond {
namespace {

namespace mc = action::memcached;

constexpr std::uint64_t kMostRead = 10'000;  // slots
constexpr std::size_t kClaimsTogether = 100;

// The keys of those that somebody has in hand.
Result<std::set<std::string>> claims_of(mc::Rings& rings, const std::string& queue,
                                        const std::vector<std::uint64_t>& slots) {
  std::set<std::string> claims;
  for (std::size_t at = 0; at < slots.size(); at += kClaimsTogether) {
    std::vector<std::string> keys;
    for (auto i = at; i < std::min(slots.size(), at + kClaimsTogether); ++i)
      keys.push_back(rings.claim_key(queue, slots[i]));
    const auto found = rings.connection().run(mc::get(keys));
    if (!found) return found.error();
    for (const auto& item : found->items)
      if (item.value != mc::kNobody) claims.insert(item.key);
  }
  return claims;
}

Result<void> read_ring(mc::Rings& rings, const mc::Rings::Ends& ends, QueueLook& look) {
  std::vector<std::uint64_t> slots(ends.size());
  std::iota(slots.begin(), slots.end(), ends.head);
  const auto found = rings.read(look.name, slots);
  if (!found) return found.error();
  std::vector<std::uint64_t> due;
  const auto now = mc::now_ms();
  for (const auto& each : *found)
    if (each.slot.due_ms <= now) due.push_back(each.number);
  const auto claims = claims_of(rings, look.name, due);
  if (!claims) return claims.error();
  look.later = found->size() - due.size();
  look.in_hand = claims->size();
  look.ready = due.size() - claims->size();
  for (const auto& [number, slot] : *found)
    if (slot.due_ms <= now && !claims->contains(rings.claim_key(look.name, number)))
      look.oldest_ms = std::min(look.oldest_ms.value_or(slot.due_ms), slot.due_ms);
  return {};
}

Result<void> read_counts(mc::Rings& rings, QueueLook& look) {
  const auto counts = rings.connection().run(
      mc::get(std::vector{rings.key(look.name, "done"), rings.key(look.name, "failed")}));
  if (!counts) return counts.error();
  if (counts->items.size() != 2) return {};
  look.done = std::strtoull(counts->items[0].value.c_str(), nullptr, 10);
  look.failed = std::strtoull(counts->items[1].value.c_str(), nullptr, 10);
  return {};
}

Result<void> look_at_ring(mc::Rings& rings, mc::Rings::Ends ends, QueueLook& look) {
  if (ends.head == 0) return {};
  if (look.name == action::kDead && ends.tail > mc::kDeadRing)
    ends.head = ends.tail - mc::kDeadRing + 1;
  look.ready = ends.size();
  if (ends.size() <= kMostRead)
    if (auto read = read_ring(rings, ends, look); !read) return read;
  return read_counts(rings, look);
}

}  // namespace

// Queues that are not there are no problem: the first poller or event makes them.
Result<BrokerLook> look_at_memcached(const action::Link::Target& target,
                                     std::chrono::milliseconds timeout) {
  auto rings = mc::Rings::open(target.memcached, target.topology.application, timeout, timeout);
  if (!rings) return rings.error();
  BrokerLook look;
  look.name = (*rings)->shown();
  auto names = target.topology.queues;
  names.emplace_back(action::kDead);
  const auto ends = (*rings)->ends(names);
  if (!ends) return ends.error();
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto& queue = look.queues.emplace_back();
    queue.name = names[i];
    if (auto looked = look_at_ring(**rings, (*ends)[i], queue); !looked) return looked.error();
  }
  const auto evictions = (*rings)->evictions();
  if (!evictions) return evictions.error();
  if (*evictions > 0)
    look.queues.front().problem = fmt::format(
        "memcached has dropped {} items for want of memory since its start, and events "
        "may be among them: start it with -M, or give it more memory",
        *evictions);
  return look;
}

}  // namespace actiond
