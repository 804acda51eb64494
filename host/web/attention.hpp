// What needs a person, the worst first. Pure: from what was seen to sentences.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "web/sources.hpp"

namespace actiond::web {

struct Attention {
  bool is_alarm = false;       // red: something is lost, or stands still
  std::string title;           // "412 dead letters of send_email"
  std::string detail;          // a sentence; it may come from a handler
  std::int64_t since_ms = 0;   // since 1970; 0: not known
  std::string plugin_set;      // with which it began; empty: with none
  std::int64_t deploy_ms = 0;  // of that set
  std::string page;            // where to look, relative to the base path
};

std::vector<Attention> attention(const View& view);
nlohmann::json attention_json(const View& view);

}  // namespace actiond::web
