// Database servers' client libraries are loaded only when an address asks for one: each is behind a
// module, LIBRARIES/actiond/backends/KIND.so, which exports one function, action_sql_driver().
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "client/sql/address.hpp"
#include "client/sql/session.hpp"

namespace action::sql {

struct Driver {
  const char* version;  // of this project; another one's module is refused
  // Connects, within `timeout`, and sees that the server is one that can keep queues. `name` tells
  // its operator who this is. A statement later fails when the server says nothing for `patience`.
  Result<std::unique_ptr<Session>> (*open)(const DatabaseUrl& url, const std::string& name,
                                           std::chrono::milliseconds timeout,
                                           std::chrono::milliseconds patience);
};

// Loads the module that the address asks for, once in a process, and connects. Any thread.
Result<std::unique_ptr<Session>> open_session(const DatabaseUrl& url, const std::string& name,
                                              std::chrono::milliseconds timeout,
                                              std::chrono::milliseconds patience);

}  // namespace action::sql

extern "C" const action::sql::Driver* action_sql_driver();
