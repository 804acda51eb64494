// The host's name for the SDK's result type: one error type from the socket to the terminal.
#pragma once

#include "client/result.hpp"

namespace actiond {
using action::Error;
using action::Fault;
using action::Result;
}  // namespace actiond
