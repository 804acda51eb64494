// Dead letters, for people and for programs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "client/message.hpp"

namespace actiond {

using action::Message;

struct DeadList {
  std::vector<Message> letters;  // those to be shown, oldest first
  std::size_t total = 0;         // of all that there are
  std::string event;             // only letters of this event were asked for; empty: any
  std::size_t matching = 0;      // how many there are of it
};

// A table, a line for each, and a line that says how many there are and how many are shown.
std::string dead_list_text(const DeadList& list);
nlohmann::json dead_list_json(const DeadList& list);

// All of one. What is no text or no JSON is shown as far as it goes, and drives no terminal.
std::string dead_letter_text(const Message& letter);
nlohmann::json dead_letter_json(const Message& letter);

}  // namespace actiond
