// What a broker says when one of its limits is met, for people.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace action {

// "allows no more queues (…): raise …", the rest of a sentence that begins with the broker; nothing
// if its text is not about such a limit.
std::optional<std::string> explain_limit(std::string_view text);

}  // namespace action
