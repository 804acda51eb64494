// The lease in a queue file: a row, changed in the transaction that queues.
#pragma once

#include <chrono>
#include <memory>

#include "broker/lease.hpp"
#include "client/link.hpp"

namespace actiond {

Result<std::unique_ptr<Lease>> open_sqlite_lease(const action::Link::Target& target, Obey obey,
                                                 std::chrono::milliseconds timeout);

}  // namespace actiond
