// How fast events are done, from what pollers have counted at each look.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace actiond::web {

class Rate {
 public:
  // `pollers` as status --json has them. The events a second since a look of 15 s ago; of the
  // first look, 0.
  double add(const nlohmann::json& pollers, std::int64_t now_ms);

 private:
  struct Seen {
    std::int64_t at_ms;
    std::map<std::string, std::uint64_t> done;  // by pid
  };
  double since_first(const std::string& pid, std::uint64_t count) const;

  std::deque<Seen> looks_;
};

}  // namespace actiond::web
