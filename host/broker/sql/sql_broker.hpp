#pragma once

#include <memory>
#include <string>

#include "broker/broker.hpp"
#include "client/link.hpp"

namespace actiond {

// A queue in a database, as a poller sees it. `address`: of the database. Makes its tables if they
// are missing. Blocks up to `timeout` for the connection.
Result<std::unique_ptr<Broker>> connect_database(const std::string& address, const Config& config,
                                                 const std::string& name,
                                                 std::chrono::milliseconds timeout);

// Makes each table that is missing, even if the others are there.
Result<void> make_tables_of_database(const action::Link::Target& target,
                                     std::chrono::milliseconds timeout);

}  // namespace actiond
