// The events that recur, as people ask for them: what is due, what came last, and their wishes.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/config/config.hpp"
#include "base/result.hpp"
#include "poller/cron/ledger.hpp"

namespace actiond {

// Who asks: the process, for the broker's operator, and the person ("root@box1"), for pollers.
struct CronAsker {
  std::string process, person;
};

// The entry of that name; fails with the names that there are.
Result<CronEntry> find_cron_entry(const Config& config, const std::string& name);

// Its next times after now, RFC 3339; fewer if there are no more. Pure, but for the clock.
Result<std::vector<std::string>> next_times(const CronEntry& entry, int count);

// {"entries": [{"name", "schedule", "zone", "event", "queue", "params", "missed", "next", "last",
// "paused"}], "problem"}. The last two are null where nobody can tell, and the problem is why. They
// come from the broker, or with RabbitMQ from the poller that holds the lease: blocks for seconds.
Result<nlohmann::json> list_cron(const Config& config, const CronAsker& asker);

// Queues its event now, besides its times, and returns the id. Blocks.
Result<std::string> queue_cron_now(const Config& config, const std::string& name,
                                   const CronAsker& asker);
// Pauses or resumes it for all pollers. Blocks.
Result<void> pause_cron(const Config& config, const std::string& name, bool is_paused,
                        const CronAsker& asker);

}  // namespace actiond
