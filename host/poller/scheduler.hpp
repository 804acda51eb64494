// Which delivery starts next, on which runner, and what becomes of it. Takes deliveries from the
// broker, hands them to the crew in strict priority, and settles them by their outcome. It keeps
// nothing that could run elsewhere.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <string>

#include "base/config/config.hpp"
#include "broker/broker.hpp"
#include "poller/delivery/event_policies.hpp"
#include "poller/delivery/intake.hpp"
#include "poller/delivery/journal.hpp"
#include "poller/delivery/judge.hpp"
#include "poller/delivery/last_words.hpp"
#include "poller/delivery/pace.hpp"
#include "poller/delivery/settler.hpp"
#include "poller/delivery/strays.hpp"
#include "poller/runners/crew.hpp"
#include "poller/runners/quarantine.hpp"
#include "poller/timer.hpp"

namespace actiond {

// What it tells the poller.
struct SchedulerEvents {
  // A run has ended, and is not settled yet.
  std::function<void(Delivery& delivery)> on_ended;
  // A delivery has its end.
  std::function<void(const Delivery& delivery, Settlement settlement)> on_settled;
  // An event came by itself, or only as the answer to a question.
  std::function<void(bool is_answer)> on_heard;
  // The connection turned out to be of no use any more.
  std::function<void(const Error& why)> on_broker_lost;
};

class Scheduler final : public BrokerListener, public RunListener {
 public:
  // `poller` is its name, for the trail of what fails. The others must outlive it, but the crew,
  // which must end before it does: what it has in hand is this one's.
  Scheduler(const Config& config, Clock& clock, const std::string& poller, Journal& journal,
            Crew& crew, SchedulerEvents events);
  // What is still in hand belongs to the broker, which takes it back when the connection goes.
  ~Scheduler() override;

  // Plugins with these events are there; those before are known for as long as something of them
  // is in hand. `set` is their hash.
  void learn(const LoadReport& report, const std::string& set);

  // A broker is there, and nothing is consumed yet; or is gone: all that was in hand is its again,
  // but what has begun goes on, and is settled if it is offered to this poller again.
  void connected(Broker& broker, std::uint64_t epoch);
  void lost();
  // Consumes. False: the broker is lost.
  bool open();
  // Gives back all that has not begun, and consumes no more until schedule does.
  void hold();

  // What ended while the broker was away is not waited for any more.
  void drop_strays() { strays_.drop_all(); }

  // Sends what was kept back while the broker was blocked, or refused it; fails if a failure can't
  // be stored at all, see Settler.
  std::optional<Error> resume();
  // Hands out what may start now.
  void schedule();
  // Hands those out whose plugin is to hear of their death. With no runner left to hear it
  // (`is_leaving`) they are the broker's again.
  void hand_dying(bool is_leaving);
  // If nothing has been to do for so long, asks the broker about every queue.
  bool ask_if_idle(std::chrono::seconds silence);
  // Why what became of some events can't be stored; empty: it can.
  const std::string& problem() const { return settler_.problem(); }
  // Deliveries that have ended and are not settled yet.
  std::size_t unfinished() const { return settler_.unfinished() + last_words_.waiting(); }

  // From the broker.
  void on_delivery(QueueIndex queue, std::uint64_t tag, bool is_redelivered,
                   Message& message) override;
  void on_consuming(QueueIndex queue, int prefetch) override;
  void on_proven_empty(QueueIndex queue) override;
  void on_probe_delivered(QueueIndex queue) override;
  void on_published(std::uint64_t number, const Result<void>& taken) override;

  // From the crew.
  bool has_room() const override { return !settler_.is_congested(); }
  void on_running(Delivery& delivery) override { journal_.begun(delivery); }
  void on_ended(DeliveryPointer delivery) override;
  void on_returned(DeliveryPointer delivery) override;
  void on_queued(Delivery& delivery, const QueueFrame& frame) override;
  void on_logged(Delivery* delivery, const LogFrame& frame) override;
  void on_tick(MonotonicTime now) override;

 private:
  void adjust_prefetch();
  bool adopt(QueueIndex queue, std::uint64_t tag, Message& message);
  bool is_stuck() const;
  void run_alone();
  void give_back_waiting();
  void hand(RunnerSlot& slot, DeliveryPointer delivery);
  void finish(DeliveryPointer delivery);
  bool is_to_hear_of_death(const Delivery& delivery);

  const Config& config_;
  Clock& clock_;
  Journal& journal_;
  Crew& crew_;
  SchedulerEvents events_;
  DeliveryPool pool_;  // outlives all that holds deliveries
  Intake intake_;
  Judge judge_;
  Settler settler_;
  Quarantine quarantine_;
  Strays strays_;  // what is in hand of a connection that is gone
  LastWords last_words_;
  Pace pace_;
  std::deque<EventPolicies> policies_{1};  // the last is in force; deliveries name others' plugins
  std::uint64_t epoch_ = 0;                // of the connection that is there; 0: none is
  std::unique_ptr<Timer> storing_timer_;
  bool is_problem_logged_ = false;
  MonotonicTime last_change_{};    // a run was begun or ended
  MonotonicTime last_adjusted_{};  // the prefetch
};

}  // namespace actiond
