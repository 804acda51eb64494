// The id of an event: a random UUID (RFC 4122, version 4) as text of 36 characters.
#pragma once

#include <string>

namespace action {

// Any thread; does not block once the system's entropy is ready.
std::string new_event_id();

}  // namespace action
