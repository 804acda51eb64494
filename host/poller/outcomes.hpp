// What becomes of the deliveries that runners were handed: each ends, is returned, or loses its
// connection in between; then it is settled by its outcome, heard by its plugin first if it died,
// or kept until the broker offers it again.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "base/config/config.hpp"
#include "broker/broker.hpp"
#include "poller/delivery/event_policies.hpp"
#include "poller/delivery/intake.hpp"
#include "poller/delivery/journal.hpp"
#include "poller/delivery/judge.hpp"
#include "poller/delivery/last_words.hpp"
#include "poller/delivery/settler.hpp"
#include "poller/delivery/strays.hpp"
#include "poller/runners/crew.hpp"
#include "poller/runners/quarantine.hpp"
#include "poller/timer.hpp"

namespace actiond {

// The last is in force; deliveries name others' plugins.
using PolicyHistory = std::deque<EventPolicies>;

// What it tells the scheduler.
struct OutcomeEvents {
  // A run has ended, and is not settled yet; that of a plugin's on_dead, too.
  std::function<void(Delivery& delivery)> on_ended;
  // A delivery has its end.
  std::function<void(const Delivery& delivery, Settlement settlement)> on_settled;
  // Time has passed while a runner was at work, or not ready.
  std::function<void(MonotonicTime now)> on_tick;
};

class Outcomes final : public RunListener {
 public:
  // What it works with; must outlive it.
  struct Parts {
    const Config& config;
    Clock& clock;
    Journal& journal;
    Intake& intake;
    Quarantine& quarantine;
    const PolicyHistory& policies;  // never empty
  };
  // `poller` is its name, for the trail of what fails.
  Outcomes(Parts parts, const std::string& poller, OutcomeEvents events);
  // What is still to be settled belongs to the broker, which takes it back with the connection.
  ~Outcomes() override;

  // What ends from now on is settled with this broker, which must live until lost(). Deliveries of
  // another epoch are not its own.
  void connected(Broker& broker, std::uint64_t epoch);
  // What `crew` has in hand goes on, and is settled if it is offered to this poller again.
  void lost(Crew& crew);
  // Takes a copy of what is in hand of a connection that is gone: nothing starts again, the run
  // that goes on, or has ended, is that of the copy. False: there is no such one.
  bool adopt(QueueIndex queue, std::uint64_t tag, Message& message);
  // What ended while the broker was away is not waited for any more.
  void drop_strays() { strays_.drop_all(); }

  // Nor is a broker that does not confirm what became of some: it offers them again. Nothing may
  // be in hand.
  void give_up();

  // Settles one that has its outcome without a run.
  void settle(DeliveryPointer delivery) { settler_.ended(std::move(delivery)); }
  // The broker has taken, or refused, what was published under this number.
  void published(std::uint64_t number, const Result<void>& taken);
  // Sends what was kept back while the broker was blocked, or refused it. True: a queue or an
  // exchange for it is missing, and to be made anew.
  [[nodiscard]] bool resume();
  // Hands those out whose plugin is to hear of their death. With no runner left to hear it
  // (`is_leaving`) they are the broker's again.
  void hand_dying(Crew& crew, std::size_t pipe_depth, bool is_leaving);

  // Why what became of some events can't be stored; empty: it can.
  const std::string& problem() const { return settler_.problem(); }
  // How many of those there are.
  std::size_t stuck() const { return settler_.stuck(); }
  // How many have ended and are not settled before something changes: those, or all in an alarm.
  std::size_t held_up() const { return settler_.held_up(); }
  // Deliveries that have ended and are not settled yet.
  std::size_t unfinished() const { return settler_.unfinished() + last_words_.waiting(); }

  // From the crew.
  bool has_room() const override { return !settler_.is_congested(); }
  void on_running(Delivery& delivery) override { parts_.journal.begun(delivery); }
  void on_ended(DeliveryPointer delivery) override;
  void on_returned(DeliveryPointer delivery) override;
  void on_queued(Delivery& delivery, const QueueFrame& frame) override;
  void on_logged(Delivery* delivery, const LogFrame& frame) override;
  void on_tick(MonotonicTime now) override { events_.on_tick(now); }

 private:
  void settled(const Delivery& delivery, Settlement settlement);
  void finish(DeliveryPointer delivery);
  void wake_to_store();
  void heard(DeliveryPointer delivery);

  Parts parts_;
  OutcomeEvents events_;
  Judge judge_;
  Settler settler_;
  Strays strays_;  // what is in hand of a connection that is gone
  LastWords last_words_;
  std::uint64_t epoch_ = 0;  // of the connection that is there; 0: none is
  std::unique_ptr<Timer> storing_timer_;
  std::optional<MonotonicTime> storing_at_;  // what that was set for
  bool is_problem_logged_ = false;
};

}  // namespace actiond
