// A key that no two events have at a time: while one with it waits or runs, another is not queued.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "client/message.hpp"
#include "client/result.hpp"

namespace action {

// Asks that this new event is not queued while another has the key; from `begin`, when it is to
// run, for `time`, or as long as it waits and runs if that is 0. An empty key asks for nothing.
Result<void> make_unique(Message& message, std::string_view key, std::chrono::milliseconds time,
                         std::chrono::system_clock::time_point begin);

// It was not queued: one with its key is there.
Error already_there(const std::string& key, std::string id);

// What brokers that know no keys say.
Error knows_no_keys(const std::string& broker);

}  // namespace action
