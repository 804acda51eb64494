// Dead letters, for people.
#pragma once

#include <string>

#include "answers/dead_json.hpp"

namespace actiond {

// A table, a line for each, and a line that says how many there are and how many are shown.
std::string dead_list_text(const DeadList& list);

// All of one. What is no text or no JSON is shown as far as it goes, and drives no terminal.
std::string dead_letter_text(const Message& letter);

}  // namespace actiond
