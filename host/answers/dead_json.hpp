// Dead letters, for programs.
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

nlohmann::json dead_list_json(const DeadList& list);

// All of one.
nlohmann::json dead_letter_json(const Message& letter);

}  // namespace actiond
