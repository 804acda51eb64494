// One runner after the other, and the deliveries that the one now there has been handed: its pipe.
// It works through the pipe in order; what it has not begun can be taken back at any moment.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "poller/delivery/delivery.hpp"
#include "poller/runners/run_pipe.hpp"
#include "poller/runners/runner_process.hpp"
#include "wire/setup.hpp"

namespace actiond {

class RunnerSlot;

class SlotListener {
 public:
  virtual ~SlotListener() = default;
  // All plugins are loaded and set up: the runner can work.
  virtual void on_ready(RunnerSlot& slot, const LoadReport& report) = 0;
  // The plugins can't be used, or the runner died while it loaded them (then on_died follows).
  virtual void on_refused(RunnerSlot& slot, const std::string& why) = 0;
  // A run ended; the delivery's outcome is filled in.
  virtual void on_ended(RunnerSlot& slot, DeliveryPointer delivery) = 0;
  // The delivery was taken back before it began.
  virtual void on_returned(DeliveryPointer delivery) = 0;
  // The handler in hand queues an event, or writes a line (delivery null: outside of a run).
  virtual void on_queued(Delivery& delivery, const QueueFrame& frame) = 0;
  virtual void on_logged(Delivery* delivery, const LogFrame& frame) = 0;
  // No: what else the runner has sent is to wait.
  virtual bool has_room() const { return true; }
  // It is dying, and this was the next that it would have begun. True: by now that has begun.
  virtual bool on_died_before(const Delivery&) { return false; }
  // It was ready, had run nothing yet, and ended though nobody wanted it to (then on_died follows).
  virtual void on_lost(const std::string&) {}
  // The runner is gone; its pipe has been handed out by on_ended and on_returned.
  virtual void on_died(RunnerSlot& slot, bool had_worked, const std::string& how) = 0;
};

class RunnerSlot {
 public:
  using Spawn = std::function<Result<RunnerProcess>(const std::vector<std::string>& hidden)>;
  using Now = std::function<MonotonicTime()>;

  // `listener` must outlive it. `now` tells the time by which a runner begins its runs.
  explicit RunnerSlot(SlotListener& listener, Spawn spawn = RunnerProcess::spawn,
                      Now now = monotonic_now)
      : listener_(listener), spawn_(std::move(spawn)), now_(std::move(now)) {}

  // Starts a runner that loads what `setup` says, and does not see these environment variables.
  // Fails if no process can be made.
  Result<void> start(const std::string& setup,
                     const std::vector<std::string>& hidden_variables = {});

  bool is_alive() const { return process_ != nullptr; }
  // It has loaded the plugins and takes deliveries.
  bool is_ready() const {
    return is_alive() && is_ready_ && !is_dismissed_ && !process_->killed_at();
  }
  bool is_loading() const { return is_alive() && !is_ready_; }
  // It was handed something, and nothing of that runs: it should begin it, or tell of its end.
  // Only while it is alive.
  bool owes() const;
  // The plugin file that it is at while it loads; empty: at none yet.
  const std::string& loading() const { return loading_; }
  // What it was handed and has not ended.
  const RunPipe& pipe() const { return pipe_; }
  // Only while it is alive.
  RunnerProcess& process() const { return *process_; }
  // Since when it has been loading that file, or its pipe has been empty.
  MonotonicTime waits_since() const { return waits_since_; }
  // How many runs this runner has ended.
  std::uint64_t ended() const { return ended_; }

  // Hands it one more delivery; it must be ready. Sent by the process's next flush.
  void hand(DeliveryPointer delivery);
  // Takes back all that has not begun, last first; each goes to on_returned.
  void recall();

  // The delivery that runs now; nullptr if none has begun.
  Delivery* in_hand() const;

  // Reads and handles what the runner has sent, up to a bound: one that never stops to send must
  // not keep us from all else.
  void receive(bool is_dead = false);
  // It was killed long enough ago: whatever keeps it, it is to be buried. Only while it is alive.
  bool is_overdue() const;
  // If the process has ended or is overdue: hands out its pipe and tells on_died.
  void bury_if_dead();
  // Kills the runner without a word to the listener; its pipe is the broker's again.
  void abandon();

  // Kills the runner; the run in hand will have that ending, with that reason. The first counts.
  void kill(Ending ending, std::string reason);
  // Takes back what has not begun, and lets it tear down and exit after the run in hand.
  void dismiss();

 private:
  void handle(const Frame& frame);
  void handle_ready(std::string_view json);
  void handle_outcome(const OutcomeFrame& frame);
  // What it says can't be: kills it, and nothing more that it says counts.
  void distrust(const std::string& why);
  void end_first(Outcome outcome);
  void hand_out_pipe(const ExitStatus& status);

  SlotListener& listener_;
  Spawn spawn_;
  Now now_;
  std::unique_ptr<RunnerProcess> process_;
  RunPipe pipe_;
  std::uint64_t runs_ = 0;      // handed to this process
  std::uint64_t ended_ = 0;     // of those
  std::uint64_t recalled_ = 0;  // up to this one, as far as they had not begun
  bool is_ready_ = false;
  bool is_refused_ = false;  // on_refused was called
  bool has_worked_ = false;
  bool is_dismissed_ = false;
  bool is_distrusted_ = false;
  bool is_cut_off_ = false;  // it lost its connection to us while it lived
  MonotonicTime waits_since_{};
  std::string loading_;  // the plugin file that it is at
  std::optional<Outcome> killed_for_;
};

}  // namespace actiond
