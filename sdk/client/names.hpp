// What may be the name of an application, a queue or an event.
#pragma once

#include <string_view>

#include "client/result.hpp"

namespace action {

// Of an application or a queue: letters, digits, _ and -, at most 100 of them, for they become
// parts of names in AMQP.
bool is_name(std::string_view name);
// `dead` and all that begins with `delay` are the pollers' own.
bool is_reserved_queue(std::string_view name);
// Fails with a sentence unless is_name.
Result<void> check_application(std::string_view name);
// The same, and not is_reserved_queue.
Result<void> check_queue(std::string_view name);
// What a handler can be called: a-z, 0-9, _, . and -, at most 255 of them. The SDK has the rule.
Result<void> check_event(std::string_view name);

// The key of events of which only one is to wait or run: 1 to 255 bytes, none of them a control
// character.
inline constexpr std::size_t kMostUniqueKey = 255;
Result<void> check_unique_key(std::string_view key);

}  // namespace action
