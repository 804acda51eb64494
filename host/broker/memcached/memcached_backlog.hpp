#pragma once

#include "broker/backlog.hpp"
#include "client/link.hpp"

namespace actiond {

// See open_backlog.
Result<std::unique_ptr<Backlog>> open_memcached_backlog(const action::Link::Target& target,
                                                        std::chrono::milliseconds timeout);
// See is_same_backlog.
Result<bool> is_one_memcached(const action::Link::Target& one, const action::Link::Target& other,
                              std::chrono::milliseconds timeout);

}  // namespace actiond
