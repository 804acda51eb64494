// One that takes events from memcached, known to the others as alive by a key that expires. One
// thread.
#pragma once

#include <string>

#include "base/result.hpp"
#include "client/memcached/rings.hpp"

namespace actiond {

using action::Error;
using action::Result;

class RingOwner {
 public:
  static constexpr int kExpiryS = 10;  // after which the others count it as dead

  // Registers a new one. `rings` must outlive it.
  static Result<RingOwner> enter(action::memcached::Rings& rings, const std::string& name);

  // Its number.
  const std::string& id() const { return id_; }
  // Fails if the others have given this one up, or the server has forgotten all.
  Result<void> stay();
  Result<void> leave();

 private:
  RingOwner(action::memcached::Rings& rings, std::string id) : rings_(&rings), id_(std::move(id)) {}

  action::memcached::Rings* rings_;
  std::string id_;
};

}  // namespace actiond
