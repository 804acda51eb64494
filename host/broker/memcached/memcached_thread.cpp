#include "broker/memcached/memcached_thread.hpp"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>

#include "broker/memcached/tags.hpp"

namespace actiond {
namespace {

namespace mc = action::memcached;
using namespace std::chrono_literals;

constexpr auto kStayTick = 2500ms;  // a quarter of what the others wait for a word

UniqueFd watch_bell(const std::string& path) {
  UniqueFd fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (fd) ::inotify_add_watch(fd.get(), path.c_str(), IN_MODIFY);
  return fd;
}

}  // namespace

MemcachedThread::MemcachedThread(std::unique_ptr<mc::Rings> rings, RingOwner owner,
                                 std::vector<std::string> queues, Mailbox& mailbox)
    : rings_(std::move(rings)),
      owner_(std::move(owner)),
      queues_(std::move(queues)),
      mailbox_(mailbox),
      bell_(watch_bell(rings_->bell().path())) {
  for (const auto& queue : queues_) views_.emplace_back(*rings_, queue, owner_.id());
  thread_ = std::thread([this] { run(); });
}

MemcachedThread::~MemcachedThread() {
  interrupt();
  mailbox_.close();
  thread_.join();
}

void MemcachedThread::run() {
  while (!is_over_) {
    auto done = turn();
    if (done) continue;
    News last;
    last.failure = done.error();
    mailbox_.tell(std::move(last), {});
    return;
  }
}

Result<void> MemcachedThread::turn() {
  const bool is_rung = wait();
  Turn turn;
  // Asked first: what was ordered before the close is among the orders then.
  const bool is_closing = mailbox_.is_closing();
  std::tie(turn.orders, turn.holds) = mailbox_.take_orders();
  if (is_closing) return leave(turn);
  if (auto alive = check_alive(); !alive) return alive;
  if (auto stored = store(turn); !stored) return stored;
  if (auto settled = settle(turn); !settled) return settled;
  if (auto looked = look(turn, is_rung); !looked) return looked;
  if (auto taken = take(turn); !taken) return taken;
  answer_probes(turn);
  if (!turn.news.arrived.empty()) {
    pace_.found();
    next_look_ = monotonic_now() + LookPace::kShortest;
  }
  mailbox_.tell(std::move(turn.news), turn.holds);
  return {};
}

// True: somebody on this machine has stored something.
bool MemcachedThread::wait() {
  const auto until = mailbox_.sleep_until(next_look_, next_tick_);
  const auto rest = std::chrono::ceil<std::chrono::milliseconds>(until - monotonic_now());
  pollfd fds[] = {{mailbox_.wake_fd(), POLLIN, 0}, {bell_.get(), POLLIN, 0}};
  ::poll(fds, 2, static_cast<int>(std::clamp<long>(rest.count(), 0, 60'000)));
  mailbox_.silence_wake();
  char events[4096];
  bool is_rung = false;
  while (::read(bell_.get(), events, sizeof events) > 0) is_rung = true;
  return is_rung;
}

Result<void> MemcachedThread::check_alive() {
  const auto now = monotonic_now();
  if (now < next_tick_) return {};
  next_tick_ = now + kStayTick;
  return owner_.stay();
}

Result<void> MemcachedThread::look(Turn& turn, bool is_rung) {
  const bool is_probed = std::any_of(turn.holds.begin(), turn.holds.end(),
                                     [](const auto& hold) { return hold.is_probed; });
  if (!is_probed && !is_rung && monotonic_now() < next_look_) return {};
  const auto ends = rings_->ends(queues_);
  if (!ends) return ends.error();
  const auto now_ms = mc::now_ms();
  auto until = pace_.found_nothing();
  for (QueueIndex i = 0; i < views_.size(); ++i) {
    auto& view = views_[i];
    if (auto updated = view.update((*ends)[i]); !updated) return updated;
    if (auto looked = view.look_again(now_ms); !looked) return looked;
    if (auto advanced = view.advance(); !advanced) return advanced;
    turn.holds[i].may_have_more = view.may_have_more(now_ms);
    if (turn.holds[i].may_have_more) pace_.found();
    until = std::min(until, std::chrono::milliseconds(
                                std::max<std::int64_t>(1, view.next_change_ms() - now_ms)));
  }
  next_look_ = monotonic_now() + until;
  return {};
}

Result<void> MemcachedThread::store(Turn& turn) {
  std::vector<mc::NewSlot> events;
  for (const auto& each : turn.orders.stored)
    events.push_back({each.queue, &each.message, each.delay_ms});
  if (events.empty()) return {};
  const auto results = rings_->put(events);
  if (!results) return results.error();
  for (std::size_t i = 0; i < events.size(); ++i)
    turn.news.confirmed.push_back({turn.orders.stored[i].number, (*results)[i]});
  rings_->bell().ring();
  next_look_ = {};
  return {};
}

Result<void> MemcachedThread::settle(const Turn& turn) {
  std::vector<mc::Command> counts;
  for (QueueIndex i = 0; i < views_.size(); ++i) {
    std::vector<std::int64_t> done, given;
    std::uint64_t well = 0, failed = 0;
    for (const auto& each : turn.orders.acknowledged) {
      if (each.queue != i) continue;
      done.push_back(slot_of(each.seq));
      well += each.handled == Handled::Done;
      failed += each.handled == Handled::Failed;
    }
    for (const auto& each : turn.orders.given_back)
      if (each.queue == i) given.push_back(slot_of(each.seq));
    if (auto settled = views_[i].acknowledge(done); !settled) return settled;
    if (auto settled = views_[i].give_back(given); !settled) return settled;
    if (!given.empty()) rings_->bell().ring();
    if (well > 0) counts.push_back(mc::increment(rings_->key(queues_[i], "done"), well));
    if (failed > 0) counts.push_back(mc::increment(rings_->key(queues_[i], "failed"), failed));
  }
  const auto counted = rings_->connection().run(counts);
  return counted ? Result<void>() : counted.error();
}

// What is lower is left to others while a higher one may have more. That holds for all the turns in
// which a long ring is looked through, even if they find nothing: no lower event may start while a
// higher one is ready, and it may be the last that is looked at.
Result<void> MemcachedThread::take(Turn& turn) {
  for (QueueIndex i = 0; i < views_.size(); ++i) {
    auto& hold = turn.holds[i];
    if (hold.prefetch == 0) continue;
    if (hold.wanted() > 0 && hold.may_have_more) {
      std::vector<StoredClaim> taken;
      if (auto done = views_[i].take(static_cast<std::size_t>(hold.wanted()), taken); !done)
        return done;
      for (auto& claim : taken) {
        claim.seq = tag_of(claim.seq, i);
        turn.news.arrived.push_back({i, std::move(claim)});
      }
      hold.may_have_more = views_[i].may_have_more(mc::now_ms());
    }
    if (hold.may_have_more) break;
  }
  return {};
}

void MemcachedThread::answer_probes(Turn& turn) const {
  std::vector<bool> has_arrived(queues_.size());
  for (const auto& each : turn.news.arrived) has_arrived[each.queue] = true;
  for (QueueIndex i = 0; i < queues_.size(); ++i) {
    const auto& hold = turn.holds[i];
    if (!hold.is_probed) continue;
    if (has_arrived[i])
      turn.news.probe_delivered.push_back(i);
    else if (hold.prefetch == 0 || !hold.may_have_more)
      turn.news.proven_empty.push_back(i);
  }
}

// What was settled is applied, and what is left in hand is given back.
Result<void> MemcachedThread::leave(Turn& turn) {
  if (auto stored = store(turn); !stored) return stored;
  if (auto settled = settle(turn); !settled) return settled;
  for (auto& view : views_) {
    if (auto left = view.leave(); !left) return left;
  }
  if (auto left = owner_.leave(); !left) return left;
  rings_->bell().ring();
  is_over_ = true;
  turn.news.is_closed = true;
  mailbox_.tell(std::move(turn.news), turn.holds);
  return {};
}

}  // namespace actiond
