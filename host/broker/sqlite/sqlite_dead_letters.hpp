// The dead letters in a queue file: the events of the queue <application>.dead.
#pragma once

#include "broker/dead_letters.hpp"
#include "client/link.hpp"

namespace actiond {

// See open_dead_letters.
Result<std::unique_ptr<DeadLetters>> open_sqlite_dead_letters(const action::Link::Target& target,
                                                              std::chrono::milliseconds timeout);

}  // namespace actiond
