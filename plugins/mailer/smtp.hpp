// The connection to the mail server: made once per runner, used by all events. (This one doesn't
// really mail; it says in the log what it would do.)
#pragma once

#include <string>

namespace smtp {

// Throws std::logic_error if there is no connection.
void send(const std::string& to, const std::string& subject);

}  // namespace smtp
