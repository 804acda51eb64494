#include "broker/memcached/memcached_broker.hpp"

#include <fmt/format.h>

#include <map>
#include <mutex>

#include "broker/memcached/memcached_thread.hpp"
#include "broker/target.hpp"

namespace actiond {
namespace {

namespace mc = action::memcached;

constexpr auto kLongestSilence = std::chrono::seconds(10);

Result<void> add_rings(mc::Rings& rings, const Config& config) {
  for (const auto& name : config.queues)
    if (auto added = rings.add_queue(name); !added) return added;
  for (const auto& name : config.queues_to_consume())
    if (auto added = rings.add_queue(name); !added) return added;
  return rings.add_queue(action::kDead);
}

// What this process has seen of a server's memory, to notice when it begins anew.
std::optional<std::string> loss_of(const mc::Rings& rings) {
  static std::mutex mutex;
  static auto* const born = new std::map<std::string, std::string>;
  const std::lock_guard lock(mutex);
  auto& known = (*born)[rings.shown()];
  const bool is_lost = !known.empty() && known != rings.born();
  known = rings.born();
  if (!is_lost) return std::nullopt;
  return fmt::format("{} has forgotten all that was queued there: it was started anew, or emptied",
                     rings.shown());
}

}  // namespace

Result<std::unique_ptr<Broker>> connect_memcached(const std::string& address, const Config& config,
                                                  const std::string& name,
                                                  std::chrono::milliseconds timeout) {
  if (config.queue_type == QueueType::Quorum) return Error{mc::kNoQuorumInMemcached};
  auto rings = mc::Rings::open(address, config.application, timeout, kLongestSilence);
  if (!rings) return rings.error();
  if (auto added = add_rings(**rings, config); !added) return added.error();
  auto remarks = (*rings)->warnings();
  if (!remarks) return remarks.error();
  if (auto loss = loss_of(**rings)) remarks->push_back(std::move(*loss));
  auto owner = RingOwner::enter(**rings, name);
  if (!owner) return owner.error();
  const auto& queues = config.queues_to_consume();
  const auto shown = (*rings)->shown();
  return MailboxBroker::make(shown, queues.size(), std::move(*remarks), [&](Mailbox& mailbox) {
    return std::make_unique<MemcachedThread>(std::move(*rings), std::move(*owner), queues, mailbox);
  });
}

}  // namespace actiond
