#pragma once

#include "broker/look.hpp"
#include "client/link.hpp"
#include "client/sql/dialect.hpp"

namespace actiond {

// See look_at_broker.
Result<BrokerLook> look_at_database(const action::Link::Target& target,
                                    std::chrono::milliseconds timeout);

// A subquery: since when the oldest event of a queue waits that may run now. `queue` as it stands
// in a statement.
std::string oldest_ready_query(const action::sql::Dialect& sql, std::string_view queue);

}  // namespace actiond
