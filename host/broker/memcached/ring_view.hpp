// What a poller knows of one ring: how far it has looked, and the slots before that which are not
// finished. Takes events out of it. One thread.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "broker/store/claim.hpp"
#include "client/memcached/rings.hpp"

namespace actiond {

class RingView {
 public:
  // A ring is as long as what was finished behind an event that is due much later, and whoever
  // looks through all of it in one go is taken for dead meanwhile. So each of these looks at so
  // many of a kind at the most, and then there is more to be done at once.
  static constexpr std::size_t kMostLookedAt = 1024;

  // `rings` must outlive it. `owner`: the number under which this one claims.
  RingView(action::memcached::Rings& rings, std::string queue, std::string owner);

  // Where the ring ends now. Fails if the ring is gone.
  Result<void> update(const action::memcached::Rings::Ends& ends);
  // There is something that can be taken now, or may be.
  bool may_have_more(std::int64_t now_ms) const;
  // When that may change by itself, since 1970 UTC.
  std::int64_t next_change_ms() const;

  // Takes up to `most` events that are due, and appends them. Looks no longer than a moment: then
  // there may be more.
  Result<void> take(std::size_t most, std::vector<StoredClaim>& taken);
  // Looks again at what others have in hand, and at slots that are empty, if it is time.
  Result<void> look_again(std::int64_t now_ms);

  // Of what is in this one's hand.
  Result<void> acknowledge(const std::vector<std::int64_t>& slots);
  Result<void> give_back(const std::vector<std::int64_t>& slots);
  // Moves the ring's head over what is finished, and looks into it once more.
  Result<void> advance();
  // Gives back all.
  Result<void> leave();

 private:
  enum class State : unsigned char {
    Mine,
    Others,  // somebody's, to be looked at again
    Left,    // nobody's any more: its claim is taken over
    Later,   // to be claimed when it is due
    Empty,   // not stored yet, or finished by another one
  };
  struct Known {
    State state;
    std::int64_t look_at_ms = 0;  // Others, Empty: again; Later: due
    std::int64_t since_ms = 0;    // Empty
    std::uint64_t version = 0;    // Left: of the claim
    bool is_redelivered = false;
  };
  using Slots = std::vector<std::uint64_t>;

  Slots next_left(std::size_t most) const;
  Slots next_to_claim(std::size_t most, std::int64_t now_ms);
  Result<Slots> claim(const Slots& slots);
  Result<Slots> take_over(const Slots& slots);
  Result<std::size_t> read(const Slots& mine, std::vector<StoredClaim>& taken);
  Result<void> put_aside(const std::vector<std::pair<std::uint64_t, Known>>& slots);
  // It is finished, or a hole.
  void pass_over(std::uint64_t slot);
  Result<void> move_head();
  Result<void> look_behind();
  Result<void> look_at_claims(const Slots& slots, std::int64_t now_ms);
  Result<std::map<std::string, bool>> living(const std::vector<action::memcached::Reply>& claims);

  action::memcached::Rings& rings_;
  std::string queue_, owner_;
  std::uint64_t next_ = 1;  // the first slot that was never looked at
  std::uint64_t tail_ = 0;
  std::uint64_t head_ = 1;  // as the server has it, the last time
  std::map<std::uint64_t, Known> known_;
  Slots passed_;  // over which, while the head was not
  Slots behind_;  // of them, when the head was moved: to be looked into
};

}  // namespace actiond
