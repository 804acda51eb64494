// A dead letter that no poller has stored: a queue dropped it, say for its delivery-limit.
#pragma once

#include <string>

#include "client/message.hpp"

namespace actiond {

// Lets the trail of a dead letter tell what the broker has noted of that; of others nothing
// changes.
void tell_drop(const std::string& application, action::Message& letter);

}  // namespace actiond
