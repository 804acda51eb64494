#pragma once

#include "broker/backlog.hpp"
#include "client/link.hpp"

namespace actiond {

// See open_backlog.
Result<std::unique_ptr<Backlog>> open_sql_backlog(const action::Link::Target& target,
                                                  std::chrono::milliseconds timeout);

// Whether both addresses are those of one database: who has a lock in one has it in the other.
Result<bool> is_one_database(const action::Link::Target& one, const action::Link::Target& other,
                             std::chrono::milliseconds timeout);

}  // namespace actiond
