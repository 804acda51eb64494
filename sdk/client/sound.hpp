// What programs of others have written into a store, made fit to be worked with.
#pragma once

#include <cstdint>

#include "client/message.hpp"

namespace action {

inline constexpr std::int64_t kMaxAttempt = 1'000'000;
inline constexpr std::int64_t kMaxTime_s = 253'402'300'799;  // the end of the year 9999

// What can't be meant (a time before 1970, an attempt below 1, a trace context that is none) is as
// if it were not there. Event, id and body are judged where they are used.
void make_sound(Message& message);

}  // namespace action
