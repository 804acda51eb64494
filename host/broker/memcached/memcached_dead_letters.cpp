// The dead letters in memcached: a ring of the newest ones.
#include "broker/memcached/memcached_dead_letters.hpp"

#include <algorithm>
#include <vector>

#include "client/memcached/rings.hpp"

namespace actiond {
namespace {

namespace mc = action::memcached;

constexpr std::size_t kLettersTogether = 32;

class MemcachedDeadLetters : public DeadLetters {
 public:
  MemcachedDeadLetters(std::unique_ptr<mc::Rings> rings, std::vector<std::uint64_t> slots)
      : rings_(std::move(rings)), slots_(std::move(slots)) {}

  std::size_t count() const override { return slots_.size(); }

  Result<void> read(DeadLetterReader& reader) override {
    for (std::size_t at = 0; at < slots_.size() && !reader.has_enough(); at += kLettersTogether) {
      const auto size = std::min(kLettersTogether, slots_.size() - at);
      auto page = rings_->read(action::kDead, std::span(slots_).subspan(at, size));
      if (!page) return page.error();
      for (auto& letter : *page) {
        if (reader.has_enough()) break;
        if (auto decided = decide(letter, reader); !decided) return decided;
      }
    }
    return {};
  }

  Result<std::size_t> purge() override {
    std::size_t deleted = 0;
    std::vector<mc::Command> commands;
    for (const auto slot : slots_)
      commands.push_back(mc::remove(rings_->event_key(action::kDead, slot)));
    const auto replies = rings_->connection().run(commands);
    if (!replies) return replies.error();
    for (const auto& reply : *replies) deleted += reply.is("DELETED");
    return deleted;
  }

 private:
  Result<void> decide(mc::Rings::Found& letter, DeadLetterReader& reader) {
    std::string queue;
    const Fate fate = reader.take(letter.slot.message, queue);
    if (fate == Fate::Keep) return {};
    if (fate == Fate::Requeue) {
      if (auto added = rings_->add_queue(queue); !added) return added;
      const mc::NewSlot event{queue, &letter.slot.message};
      const auto stored = rings_->put({&event, 1});
      if (!stored) return stored.error();
      if (!stored->front()) {
        reader.on_refused(stored->front().error().text);
        return {};
      }
    }
    const auto gone =
        rings_->connection().run(mc::remove(rings_->event_key(action::kDead, letter.number)));
    if (!gone) return gone.error();
    if (fate == Fate::Requeue) {
      reader.on_requeued();
      rings_->bell().ring();
    }
    return {};
  }

  std::unique_ptr<mc::Rings> rings_;
  std::vector<std::uint64_t> slots_;  // that held one when this was opened
};

}  // namespace

Result<std::unique_ptr<DeadLetters>> open_memcached_dead_letters(
    const action::Link::Target& target, std::chrono::milliseconds timeout) {
  auto rings = mc::Rings::open(target.memcached, target.topology.application, timeout, timeout);
  if (!rings) return rings.error();
  if (auto added = (*rings)->add_queue(action::kDead); !added) return added.error();
  const auto slots = (*rings)->dead_slots();
  if (!slots) return slots.error();
  const auto found = (*rings)->read(action::kDead, *slots);
  if (!found) return found.error();
  std::vector<std::uint64_t> there;
  for (const auto& each : *found) there.push_back(each.number);
  return std::unique_ptr<DeadLetters>(
      std::make_unique<MemcachedDeadLetters>(std::move(*rings), std::move(there)));
}

}  // namespace actiond
