#pragma once

#include "broker/dead_letters.hpp"
#include "client/link.hpp"

namespace actiond {

// See open_dead_letters.
Result<std::unique_ptr<DeadLetters>> open_memcached_dead_letters(const action::Link::Target& target,
                                                                 std::chrono::milliseconds timeout);

}  // namespace actiond
