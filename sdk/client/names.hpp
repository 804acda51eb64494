// What may be the name of an application, a queue or an event.
#pragma once

#include <string_view>

#include "client/result.hpp"

namespace action {

// Letters, digits, _ and -, at most 100 of them: they become parts of names in AMQP.
Result<void> check_application(std::string_view name);
// The same; `dead` and all that begins with `delay` are the pollers' own.
Result<void> check_queue(std::string_view name);
// What a handler can be called: a-z, 0-9, _, . and -, at most 255 of them.
Result<void> check_event(std::string_view name);

}  // namespace action
