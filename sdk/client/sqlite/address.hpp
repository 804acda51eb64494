// "sqlite:PATH": a queue in a file.
#pragma once

#include <string>
#include <string_view>

#include "client/result.hpp"

namespace action {

bool is_queue_file(std::string_view address);

// The path in an address of that kind. Fails if there is none, or one that SQLite would take for
// something else than a file.
Result<std::string> queue_file_of(std::string_view address);

// By whatever paths.
bool is_same_file(const std::string& one, const std::string& other);

}  // namespace action
