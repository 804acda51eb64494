// What the copy that is stored tells whoever runs it next, or looks at it among the dead letters.
#pragma once

#include <cstdint>
#include <string>

#include "poller/delivery/delivery.hpp"

namespace actiond {

// Notes on the trail of a delivery that has ended what it came to, by its verdict. `poller` is the
// name of who ran it. To be called once before a copy of it is stored.
void write_trail(Delivery& delivery, const std::string& poller, std::int64_t now_ms);

}  // namespace actiond
