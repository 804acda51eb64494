#pragma once

#include "broker/later.hpp"
#include "client/link.hpp"
#include "client/sql/dialect.hpp"

namespace actiond {

// See look_at_later, make_due_now.
Result<LaterLook> look_at_later_in_database(const action::Link::Target& target,
                                            std::chrono::milliseconds timeout);
Result<bool> make_due_now_in_database(const action::Link::Target& target, const LaterName& which,
                                      std::chrono::milliseconds timeout);

// (queue): the first of those that wait there for their time.
std::string next_later_statement(const action::sql::Dialect& sql);

}  // namespace actiond
