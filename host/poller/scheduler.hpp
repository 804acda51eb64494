// Which delivery starts next, and on which runner. Takes deliveries from the broker and hands them
// to the crew in strict priority; what becomes of them there, see Outcomes. It keeps nothing that
// could run elsewhere.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "base/config/config.hpp"
#include "broker/broker.hpp"
#include "poller/delivery/intake.hpp"
#include "poller/delivery/key_gate.hpp"
#include "poller/delivery/pace.hpp"
#include "poller/delivery/quiet.hpp"
#include "poller/outcomes.hpp"
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
  // One is about to be handed to a runner.
  std::function<void(Delivery& delivery)> on_handing = [](Delivery&) {};
};

class Scheduler final : public BrokerListener {
 public:
  // `poller` is its name, for the trail of what fails; `id` its number, if it has one. The others
  // must outlive it, but the crew, which must end before it does: what it has in hand is this
  // one's.
  Scheduler(const Config& config, Clock& clock, const std::string& poller, Journal& journal,
            Crew& crew, SchedulerEvents events, std::optional<int> id = std::nullopt);
  // What is still in hand belongs to the broker, which takes it back when the connection goes.
  ~Scheduler() override;

  // Plugins with these events are there; those before are known for as long as something of them
  // is in hand. `set` is their hash.
  void learn(const LoadReport& report, const std::string& set);

  // A broker is there, and nothing is consumed yet; or is gone: all that was in hand is its again,
  // but what has begun goes on, and is settled if it is offered to this poller again.
  void connected(Broker& broker, std::uint64_t epoch);
  void lost();
  // This poller is the one from now on. It is quiet if the one before was told to be, which may
  // have been just now.
  void took_over();
  // Consumes, unless it is quiet. False: the broker is lost.
  bool open();
  // Gives back all that has not begun, and consumes no more until schedule does.
  void hold();

  // From now on nothing new starts here, and what has not begun is given back; or it does again.
  // Remembered beyond this process. Fails, and changes nothing, if that can't be.
  Result<void> be_quiet(bool is_quiet);
  bool is_quiet() const { return quiet_.is_quiet(); }

  // Hands out what may start now.
  void schedule();
  // Every runner was busy when it scheduled last: until one is free, nothing that comes changes
  // what is done. The crew's ticks go on meanwhile, so what the broker says is heard in time. Told
  // once.
  bool take_enough() { return std::exchange(has_enough_, false); }
  // If nothing has been to do for so long, asks the broker about every queue.
  bool ask_if_idle(std::chrono::seconds silence);

  // What the crew tells what becomes of deliveries.
  Outcomes& outcomes() { return outcomes_; }
  const Outcomes& outcomes() const { return outcomes_; }

  // From the broker.
  void on_delivery(QueueIndex queue, std::uint64_t tag, bool is_redelivered,
                   Message& message) override;
  void on_consuming(QueueIndex queue, int prefetch) override;
  void on_proven_empty(QueueIndex queue) override;
  void on_probe_delivered(QueueIndex queue) override;
  void on_published(std::uint64_t number, const Result<void>& taken) override;
  void on_paused(QueueIndex queue, bool is_paused) override;
  void on_pause_lost(QueueIndex queue) override;
  void on_key(QueueIndex queue, std::uint64_t tag, bool may_run,
              const std::string& holder) override;
  void on_remark(const std::string& sentence) override;

 private:
  void hand_out();
  void give_back_waiting();
  void hand(RunnerSlot& slot, DeliveryPointer delivery);

  const Config& config_;
  Clock& clock_;
  Journal& journal_;
  Crew& crew_;
  SchedulerEvents events_;
  DeliveryPool pool_;  // outlives all that holds deliveries
  PolicyHistory policies_{1};
  Intake intake_;
  KeyGate keys_;
  Quarantine quarantine_;
  Outcomes outcomes_;
  Pace pace_;
  Quiet quiet_;
  bool has_enough_ = false;
  MonotonicTime last_change_{};  // a run was begun or ended
};

}  // namespace actiond
