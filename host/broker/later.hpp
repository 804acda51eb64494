// A look, for people, at what waits for its time: what comes when. And how it runs at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/config/config.hpp"
#include "base/result.hpp"

namespace actiond {

inline constexpr int kMostLater = 200;
inline constexpr int kMostLaterParams = 300;  // bytes, of each

// Which one of those that wait.
struct LaterName {
  std::string queue, id;
  std::int64_t due_ms;  // since 1970 UTC
};

struct LaterEvent {
  LaterName name;
  std::string event;
  int attempt;
  std::string params;  // their beginning
};

struct LaterLook {
  std::uint64_t total = 0;       // in all queues
  std::vector<LaterEvent> next;  // soonest first, kMostLater at most
};

// Fails, with a sentence, where the broker can't tell. `name` tells its operator who this is.
// Blocks, up to `timeout`.
Result<LaterLook> look_at_later(const Config& config, const std::string& name,
                                std::chrono::milliseconds timeout);

// Its time is now. False: it does not wait for that time any more. Fails as the look does.
Result<bool> make_due_now(const Config& config, const std::string& name, const LaterName& which,
                          std::chrono::milliseconds timeout);

}  // namespace actiond
