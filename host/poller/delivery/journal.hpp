// What became of each event, for people: its lines in the log (Processing, Finished, Error,
// Snoozed), and how many there were of each. Every delivery that ends comes by here, once.
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>

#include "base/log.hpp"
#include "poller/delivery/delivery.hpp"
#include "poller/delivery/settlement.hpp"
#include "wire/frames.hpp"

namespace actiond {

// Since the poller's start.
struct JournalCounts {
  std::uint64_t done = 0;
  std::uint64_t failed = 0;  // attempts
  std::uint64_t dead = 0;    // events among them that had no attempt left
};

class Journal {
 public:
  // `log` must outlive it.
  Journal(Log& log, std::chrono::milliseconds unknown_event_ttl)
      : log_(log), unknown_event_ttl_(unknown_event_ttl) {}

  // Its run has begun. Logged once, however often it is called.
  void begun(Delivery& delivery);
  // A line that its handler logs, or, with none in hand, a plugin outside of a run.
  void wrote(Delivery* delivery, const LogFrame& line);
  // It has ended, and that is what became of it.
  void settled(const Delivery& delivery, Settlement settlement);

  // The outcome of one, or of several, can't be stored now.
  void unstorable(const std::string& why);
  // A poller that leaves does not wait any longer for the confirm of what became of it.
  void given_up(const Delivery& delivery);
  // Its on_dead failed.
  void unheard(const Delivery& delivery, const std::string& reason);

  // Nothing of this queue starts any more, or its events do again.
  void paused(const std::string& queue, bool is_paused);
  void pause_lost(const std::string& queue);
  // Nothing new starts here any more, or it does again.
  void quiet(bool is_quiet);
  // What a handler queued was not, because another has its unique key.
  void unneeded(const std::string& why);
  // Of the plugins or the broker: what hinders nothing, but is hardly meant.
  void doubtful(const std::string& warning);

  const JournalCounts& counts() const { return counts_; }

 private:
  void snoozed(const Delivery& delivery);
  void interrupted(const Delivery& delivery, Settlement settlement);
  void expired(const Delivery& delivery, Settlement settlement);
  void dropped(const Delivery& delivery);
  void failed(const Delivery& delivery, Settlement settlement);
  void unknown(const Delivery& delivery);

  Log& log_;
  std::chrono::milliseconds unknown_event_ttl_;
  std::set<std::string> unknown_logged_;  // names, each logged once
  bool is_early_logged_ = false;
  JournalCounts counts_;
};

}  // namespace actiond
