// What MariaDB's and MySQL's error numbers mean to a program, and to people.
#pragma once

#include <string>

#include "client/sql/address.hpp"
#include "client/sql/session.hpp"

namespace action::sql {

Trouble trouble_of(unsigned number);

// Of a connection that was not made: what to do.
std::string connect_error(const DatabaseUrl& url, unsigned number, const std::string& message);
// Of a statement.
std::string statement_error(const DatabaseUrl& url, Trouble trouble, const std::string& message);

}  // namespace action::sql
