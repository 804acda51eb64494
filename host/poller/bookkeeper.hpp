// What the poller counts for statistics.db and for its status: how events ended, how long they ran
// and waited, what changed its plugins, and the last failures. It decides nothing.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/config/config.hpp"
#include "base/log.hpp"
#include "poller/delivery/delivery.hpp"
#include "poller/delivery/settlement.hpp"
#include "poller/face/status.hpp"
#include "poller/timer.hpp"
#include "statistics/recorder.hpp"

namespace actiond {

class Bookkeeper {
 public:
  // `poller` is its name. The others must outlive it.
  Bookkeeper(Clock& clock, const Config& config, Log& log, const std::string& poller);

  // Begins to write every 10 s.
  void begin();
  // A delivery has its end. Allocates only for a failure, or for what has not been seen before.
  void settled(const Delivery& delivery, Settlement settlement);
  void mark(Mark mark) { recorder_.mark(std::move(mark)); }
  void reconnected() { recorder_.reconnected(); }
  // Writes for the last time; waits a second at most.
  void end();

  // Newest first, ten at most.
  const std::deque<FailureLook>& failures() const { return failures_; }

 private:
  void write_later();
  void tell(const std::vector<std::string>& news);
  void remember(const Delivery& delivery, Settlement settlement);

  Log& log_;
  Recorder recorder_;
  std::unique_ptr<Timer> timer_;
  std::deque<FailureLook> failures_;
};

// How `delivery` is counted; nothing for what the broker offers again as if it had not been here.
std::optional<Ended> ended_of(const Delivery& delivery, Settlement settlement);

}  // namespace actiond
