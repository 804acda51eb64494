#include "broker/memcached/ring_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "base/clock.hpp"

namespace actiond {
namespace {

namespace mc = action::memcached;

constexpr std::size_t kClaimedTogether = 64;
constexpr std::chrono::milliseconds kLongestLook{200};
constexpr std::int64_t kOthersAgainMs = 1000;  // until it is looked whether its owner lives
constexpr std::int64_t kEmptyAgainMs = 50;     // until it is looked whether its producer has come
constexpr auto kNever = std::numeric_limits<std::int64_t>::max();

}  // namespace

RingView::RingView(mc::Rings& rings, std::string queue, std::string owner)
    : rings_(rings), queue_(std::move(queue)), owner_(std::move(owner)) {}

Result<void> RingView::update(const mc::Rings::Ends& ends) {
  if (ends.head == 0 || ends.tail < tail_)
    return Error{
        fmt::format("{} was emptied, or started anew: what waited there is gone", rings_.shown())};
  head_ = ends.head;
  tail_ = ends.tail;
  next_ = std::max(next_, head_);
  return {};
}

bool RingView::may_have_more(std::int64_t now_ms) const {
  if (next_ <= tail_) return true;
  return std::any_of(known_.begin(), known_.end(), [now_ms](const auto& each) {
    const auto& [slot, known] = each;
    return known.state == State::Left ||
           (known.state == State::Later && known.look_at_ms <= now_ms);
  });
}

std::int64_t RingView::next_change_ms() const {
  if (!behind_.empty()) return 0;
  std::int64_t first = kNever;
  for (const auto& [slot, known] : known_)
    if (known.state != State::Mine && known.state != State::Left)
      first = std::min(first, known.look_at_ms);
  return first;
}

Result<void> RingView::take(std::size_t most, std::vector<StoredClaim>& taken) {
  const auto end = monotonic_now() + kLongestLook;
  for (std::size_t looked_at = 0; most > 0 && looked_at < kMostLookedAt && monotonic_now() < end;) {
    const auto some = std::min(most, kClaimedTogether);
    auto left = next_left(some);
    const auto slots = left.empty() ? next_to_claim(some, mc::now_ms()) : Slots();
    auto mine = left.empty() ? claim(slots) : take_over(left);
    if (!mine) return mine.error();
    const auto got = read(*mine, taken);
    if (!got) return got.error();
    most -= *got;
    looked_at += left.size() + slots.size();
    if (mine->empty() && left.empty() && !may_have_more(mc::now_ms())) break;
  }
  return {};
}

RingView::Slots RingView::next_left(std::size_t most) const {
  Slots slots;
  for (const auto& [slot, known] : known_)
    if (known.state == State::Left && slots.size() < most) slots.push_back(slot);
  return slots;
}

// What has become due comes before what was never looked at.
RingView::Slots RingView::next_to_claim(std::size_t most, std::int64_t now_ms) {
  Slots slots;
  for (const auto& [slot, known] : known_)
    if (known.state == State::Later && known.look_at_ms <= now_ms && slots.size() < most)
      slots.push_back(slot);
  for (; slots.size() < most && next_ <= tail_; ++next_) slots.push_back(next_);
  return slots;
}

Result<RingView::Slots> RingView::claim(const Slots& slots) {
  std::vector<mc::Command> commands;
  for (const auto slot : slots) commands.push_back(mc::add(rings_.claim_key(queue_, slot), owner_));
  const auto replies = rings_.connection().run(commands);
  if (!replies) return replies.error();
  Slots mine;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const auto& reply = (*replies)[i];
    if (reply.is_refused())
      return Error{fmt::format("{} has no room for a claim: {}", rings_.shown(), reply.line)};
    if (reply.is("STORED")) mine.push_back(slots[i]);
    known_[slots[i]] = {.state = reply.is("STORED") ? State::Mine : State::Others,
                        .look_at_ms = mc::now_ms() + kOthersAgainMs};
  }
  return mine;
}

Result<RingView::Slots> RingView::take_over(const Slots& slots) {
  std::vector<mc::Command> commands;
  for (const auto slot : slots)
    commands.push_back(mc::swap(rings_.claim_key(queue_, slot), owner_, known_[slot].version));
  const auto replies = rings_.connection().run(commands);
  if (!replies) return replies.error();
  Slots mine;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const bool is_mine = (*replies)[i].is("STORED");
    if (is_mine) mine.push_back(slots[i]);
    known_[slots[i]] = {.state = is_mine ? State::Mine : State::Others,
                        .look_at_ms = mc::now_ms() + kOthersAgainMs,
                        .is_redelivered = is_mine};
  }
  return mine;
}

// Of what was claimed, all that is there and due. It may have been finished in the moment before
// it was claimed, so it is read only now.
Result<std::size_t> RingView::read(const Slots& mine, std::vector<StoredClaim>& taken) {
  auto found = rings_.read(queue_, mine);
  if (!found) return found.error();
  const auto now = mc::now_ms();
  std::vector<std::pair<std::uint64_t, Known>> aside;
  std::size_t got = 0, next = 0;
  for (const auto slot : mine) {
    const bool is_there = next < found->size() && (*found)[next].number == slot;
    if (!is_there) {
      aside.push_back({slot, {.state = State::Empty}});
      continue;
    }
    auto& each = (*found)[next++].slot;
    if (each.due_ms > now) {
      aside.push_back({slot, {.state = State::Later, .look_at_ms = each.due_ms}});
      continue;
    }
    each.message.trail.queued_at_ms = each.due_ms;
    taken.push_back(
        {static_cast<std::int64_t>(slot), known_[slot].is_redelivered, std::move(each.message)});
    ++got;
  }
  if (auto put = put_aside(aside); !put) return put.error();
  return got;
}

// They are not claimed any more. One that stays empty for long enough is finished.
Result<void> RingView::put_aside(const std::vector<std::pair<std::uint64_t, Known>>& slots) {
  std::vector<mc::Command> commands;
  for (const auto& [slot, known] : slots)
    commands.push_back(mc::remove(rings_.claim_key(queue_, slot)));
  if (const auto removed = rings_.connection().run(commands); !removed) return removed.error();
  const auto now = mc::now_ms();
  for (auto [slot, known] : slots) {
    if (known.state == State::Empty) {
      known.since_ms = known_[slot].since_ms != 0 ? known_[slot].since_ms : now;
      known.look_at_ms = now + kEmptyAgainMs;
    }
    if (known.state == State::Empty && now - known.since_ms > mc::kHoleAge.count())
      pass_over(slot);
    else
      known_[slot] = known;
  }
  return {};
}

Result<void> RingView::look_again(std::int64_t now_ms) {
  Slots others, empty;
  for (const auto& [slot, known] : known_) {
    if (known.look_at_ms > now_ms) continue;
    if (known.state == State::Others && others.size() < kMostLookedAt) others.push_back(slot);
    if (known.state == State::Empty && empty.size() < kMostLookedAt) empty.push_back(slot);
  }
  if (auto looked = look_at_claims(others, now_ms); !looked) return looked;
  if (empty.empty()) return {};
  const auto found = rings_.read(queue_, empty);
  if (!found) return found.error();
  for (const auto slot : empty) {
    auto& known = known_[slot];
    const auto is_it = [slot](const auto& each) { return each.number == slot; };
    if (std::any_of(found->begin(), found->end(), is_it))
      known = {.state = State::Later, .look_at_ms = now_ms};  // to be claimed now
    else if (now_ms - known.since_ms > mc::kHoleAge.count())
      pass_over(slot);
    else
      known.look_at_ms = now_ms + kEmptyAgainMs;
  }
  return {};
}

Result<void> RingView::look_at_claims(const Slots& slots, std::int64_t now_ms) {
  if (slots.empty()) return {};
  std::vector<mc::Command> commands;
  for (const auto slot : slots) commands.push_back(mc::get(rings_.claim_key(queue_, slot)));
  const auto claims = rings_.connection().run(commands);
  if (!claims) return claims.error();
  const auto lives = living(*claims);
  if (!lives) return lives.error();
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const auto& items = (*claims)[i].items;
    if (items.empty())  // finished, or put aside
      known_[slots[i]] = {.state = State::Empty, .look_at_ms = now_ms, .since_ms = now_ms};
    else if (lives->at(items.front().value))
      known_[slots[i]].look_at_ms = now_ms + kOthersAgainMs;
    else
      known_[slots[i]] = {.state = State::Left, .version = items.front().version};
  }
  return {};
}

Result<std::map<std::string, bool>> RingView::living(const std::vector<mc::Reply>& claims) {
  std::map<std::string, bool> lives;
  for (const auto& claim : claims)
    if (!claim.items.empty()) lives[claim.items.front().value] = false;
  std::vector<mc::Command> commands;
  for (const auto& [owner, alive] : lives) commands.push_back(mc::get(rings_.owner_key(owner)));
  const auto replies = rings_.connection().run(commands);
  if (!replies) return replies.error();
  std::size_t i = 0;
  for (auto& [owner, alive] : lives) alive = !(*replies)[i++].items.empty();
  return lives;
}

Result<void> RingView::acknowledge(const std::vector<std::int64_t>& slots) {
  std::vector<mc::Command> commands;
  for (const auto slot : slots) rings_.finish(queue_, static_cast<std::uint64_t>(slot), commands);
  if (const auto done = rings_.connection().run(commands); !done) return done.error();
  for (const auto slot : slots) known_.erase(static_cast<std::uint64_t>(slot));
  return {};
}

Result<void> RingView::give_back(const std::vector<std::int64_t>& slots) {
  std::vector<mc::Command> commands;
  for (const auto slot : slots) {
    const auto key = rings_.claim_key(queue_, static_cast<std::uint64_t>(slot));
    commands.push_back(mc::set(key, mc::kNobody));
    commands.push_back(mc::get(key));
  }
  const auto replies = rings_.connection().run(commands);
  if (!replies) return replies.error();
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const auto& items = (*replies)[2 * i + 1].items;
    const bool is_left = !items.empty() && items.front().value == mc::kNobody;
    known_[static_cast<std::uint64_t>(slots[i])] = {.state = is_left ? State::Left : State::Others,
                                                    .look_at_ms = mc::now_ms(),
                                                    .version = is_left ? items.front().version : 0};
  }
  return {};
}

}  // namespace actiond
