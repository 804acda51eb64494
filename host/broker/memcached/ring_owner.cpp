#include "broker/memcached/ring_owner.hpp"

#include <fmt/format.h>

namespace actiond {

namespace mc = action::memcached;

Result<RingOwner> RingOwner::enter(mc::Rings& rings, const std::string& name) {
  const auto given = rings.connection().run(mc::increment(rings.owners_key(), 1));
  if (!given) return given.error();
  const auto known =
      given->number()
          ? rings.connection().run(mc::add(rings.owner_key(given->line), name, kExpiryS))
          : given;
  if (!known) return known.error();
  if (known->is("STORED")) return RingOwner(rings, given->line);
  return Error{fmt::format("{} has no room for one more poller: {}", rings.shown(), known->line)};
}

Result<void> RingOwner::stay() {
  const auto touched = rings_->connection().run(mc::touch(rings_->owner_key(id_), kExpiryS));
  if (!touched) return touched.error();
  if (touched->is("TOUCHED")) return {};
  return Error{
      fmt::format("{} does not know this poller any more: it was emptied or started anew, or did "
                  "not hear of it for {} s, and others have taken over what it had in hand",
                  rings_->shown(), kExpiryS)};
}

Result<void> RingOwner::leave() {
  const auto gone = rings_->connection().run(mc::remove(rings_->owner_key(id_)));
  return gone ? Result<void>() : gone.error();
}

}  // namespace actiond
