// A Message as bytes in a slot of a ring, and back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "client/message.hpp"

namespace action::memcached {

struct Slot {
  std::int64_t due_ms = 0;  // not to run before, since 1970 UTC
  Message message;
};

std::string encode_slot(std::int64_t due_ms, const Message& message);
// Nothing if it is none. What a newer version has added at the end is left out.
std::optional<Slot> decode_slot(std::string_view bytes);

}  // namespace action::memcached
