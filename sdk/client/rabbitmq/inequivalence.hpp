// What a broker says of a queue that exists with other arguments than those declared. Pure.
#pragma once

#include <string_view>

namespace action {

// Before 4.3 every give-back counts against a quorum queue's limit, and -1 makes 3.10 drop the
// message: a number that is never reached is the one portable way to say "no limit".
inline constexpr int kNoDeliveryLimit = 1000000;

// "inequivalent arg 'x-max-length' for queue 'q' in vhost '/': received none but current is the
// value '60000' of type 'long'", or "… but current is '60000'", or "… but current is none".
struct Inequivalence {
  std::string_view argument;  // empty: the text is about something else
  bool is_absent = false;     // the queue has no such argument
  std::string_view current;   // its value there
};
Inequivalence inequivalence_in(std::string_view text);

// Arguments that change how fast or where a queue keeps its messages, but not whether.
bool does_no_harm(std::string_view argument);

// A limit on deliveries throws away an event that was given back more often. -1 means none since
// RabbitMQ 4.0 only.
bool is_reachable_limit(std::string_view current, int server_major);

}  // namespace action
