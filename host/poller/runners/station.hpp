// One station of the crew, where a runner is always to be at work: whoever dies, is refused, or has
// run enough is followed by another, with a pause if the one before never ran an event.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>

#include "base/config/config.hpp"
#include "base/log.hpp"
#include "base/machine_load.hpp"
#include "poller/runners/next_in_line.hpp"
#include "poller/runners/respawn.hpp"
#include "poller/runners/run_limits.hpp"
#include "poller/runners/runner_slot.hpp"
#include "poller/runners/staffing.hpp"
#include "poller/timer.hpp"
#include "poller/watch.hpp"

namespace actiond {

// Told what becomes of the deliveries that runners were handed.
class RunListener {
 public:
  virtual ~RunListener() = default;
  // There is room for what handlers queue. No: runners are left unread.
  virtual bool has_room() const = 0;
  // It was seen running.
  virtual void on_running(Delivery& delivery) = 0;
  virtual void on_ended(DeliveryPointer delivery) = 0;
  // It was taken back before it began.
  virtual void on_returned(DeliveryPointer delivery) = 0;
  // See SlotListener.
  virtual void on_queued(Delivery& delivery, const QueueFrame& frame) = 0;
  virtual void on_logged(Delivery* delivery, const LogFrame& frame) = 0;
  // Time has passed while a runner was at work, or not ready.
  virtual void on_tick(MonotonicTime now) = 0;
};

// What the poller is to know of the runners themselves.
struct CrewEvents {
  // One has loaded the plugins.
  std::function<void(const LoadReport& report)> on_ready;
  // One can't load them, and not all have ever been ready: there is no use in trying.
  std::function<void(const Error& why)> on_refused;
  // One ended by itself, though it was ready and had nothing to do: what it has loaded is to blame.
  std::function<void(const std::string& how)> on_lost = [](const std::string&) {};
  // Another is to be started in the place of one that has ended: what it is to load must be there.
  std::function<Result<void>()> before_another = [] { return Result<void>{}; };
  // What the machine has left, before there are more of them.
  std::function<MachineLoad()> machine = machine_load;
};

// What the stations of a crew have in common.
struct CrewCommons {
  boost::asio::io_context& io;
  Clock& clock;
  const Config& config;
  Log& log;
  RunListener& listener;
  CrewEvents events;
  RunnerSlot::Spawn spawn;
  NextInLine next_in_line{};              // of all runners, for an event goes from one to the next
  std::string setup{};                    // what runners are to load, as a setup frame's text
  std::shared_ptr<const void> plugins{};  // stays on disk while somebody holds it
  std::string problem{};                  // why runners die or can't be started; empty: they don't
  bool has_been_ready = false;            // all were, once
  bool is_retired = false;                // nobody is followed by another any more
};

class Station final : SlotListener {
 public:
  // `commons` must outlive it.
  explicit Station(CrewCommons& commons);

  RunnerSlot& slot() { return slot_; }
  const RunnerSlot& slot() const { return slot_; }

  // Starts a runner. A failure is logged, and tried again after a pause.
  void start();
  // Lets what the runner says, and its death, wake the loop.
  void arm();
  // Handles what it has sent, and its death.
  void receive();
  // Sends it what it was handed; the rest when its socket takes more.
  void flush();
  // Looks at the limits of what is in hand here.
  void tick(const Tick& tick);
  // It was handed something, and does not act: nothing is to wait for it.
  bool is_stuck() const { return slot_.is_alive() && limits_.is_stuck(); }
  // Lets the runner go after the run in hand, for one that loads what there is to load now.
  void replace();
  // No runner is to follow.
  void retire();
  // Its last runner has gone, and none follows.
  bool is_vacant() const { return is_retired_ && !slot_.is_alive(); }

 private:
  void on_ready(RunnerSlot& slot, const LoadReport& report) override;
  void on_refused(RunnerSlot& slot, const std::string& why) override;
  void on_ended(RunnerSlot& slot, DeliveryPointer delivery) override;
  void on_returned(DeliveryPointer delivery) override;
  void on_queued(Delivery& delivery, const QueueFrame& frame) override;
  void on_logged(Delivery* delivery, const LogFrame& frame) override;
  bool has_room() const override { return commons_.listener.has_room(); }
  bool on_died_before(const Delivery& next) override;
  void on_lost(const std::string& how) override;
  void on_died(RunnerSlot& slot, bool had_worked, const std::string& how) override;
  void start_in(std::chrono::milliseconds wait);
  void give_up(const Error& why);
  void start_again(const Error& why);
  void recycle(const std::string& why);

  CrewCommons& commons_;
  RunnerSlot slot_;
  RunLimits limits_;
  Respawn respawn_;
  std::unique_ptr<Timer> timer_;
  std::shared_ptr<const void> plugins_;  // that its runner has loaded
  std::unique_ptr<Watch> socket_watch_, death_watch_;
  bool is_retired_ = false;
};

}  // namespace actiond
