#pragma once

#include "broker/later.hpp"
#include "client/link.hpp"

namespace actiond {

// See look_at_later, make_due_now.
Result<LaterLook> look_at_later_in_file(const action::Link::Target& target,
                                        std::chrono::milliseconds timeout);
Result<bool> make_due_now_in_file(const action::Link::Target& target, const LaterName& which,
                                  std::chrono::milliseconds timeout);

}  // namespace actiond
