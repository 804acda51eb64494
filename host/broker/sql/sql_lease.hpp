// The lease in a database: a row, locked and changed in the transaction that queues.
#pragma once

#include <chrono>
#include <memory>

#include "broker/lease.hpp"
#include "client/link.hpp"

namespace actiond {

Result<std::unique_ptr<Lease>> open_sql_lease(const action::Link::Target& target, Obey obey,
                                              std::chrono::milliseconds timeout);

}  // namespace actiond
