// What `cron:` in the configuration says of one recurring event.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/cron/expression.hpp"

namespace actiond {

// What becomes of the times that nobody was there for.
enum class Missed { None, One, All };

struct CronEntry {
  std::string text;                    // "30 4 * * *", or "every 10m", for people
  std::optional<CronExpression> at;    // or
  std::chrono::milliseconds every{0};  // in whole seconds
  std::string zone = "UTC";            // of `at`
  std::string event;
  std::string queue;          // empty: as for all events of that name
  std::string params = "{}";  // a JSON object
  Missed missed = Missed::One;

  bool operator==(const CronEntry&) const = default;
};

}  // namespace actiond
