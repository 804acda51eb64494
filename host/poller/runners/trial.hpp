// A runner outside of a poller: loads the plugins for real and runs an event, with nobody behind it
// who would queue or settle anything. What plugin code does to its process happens in a child.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/config/config.hpp"
#include "poller/runners/runner_slot.hpp"
#include "poller/runners/time_limits.hpp"

namespace actiond {

class Trial : SlotListener {
 public:
  // Told of what the plugins log; `event` is empty outside of a run.
  std::function<void(const LogFrame& line, const std::string& event, const std::string& id)>
      on_log = [](const LogFrame&, const std::string&, const std::string&) {};
  // Asked while plugins load: no ends that, and kills the runner.
  std::function<bool()> is_wanted = [] { return true; };
  // Told of what the handler queues.
  std::function<void(const QueueFrame& queued)> on_queue = [](const QueueFrame&) {};

  // Loads the plugins and runs their setups. Blocks, for each up to its limit. Fails with the first
  // problem that a plugin has.
  Result<LoadReport> load(const RunnerSetup& setup, const LoadTimeout& limit);

  // Runs one event after load has succeeded. Blocks until it has ended; the runner is killed a
  // second after `timeout`.
  Outcome perform(Message message, const std::string& queue, std::chrono::milliseconds timeout);

  // Lets the plugins tear down. Blocks for seconds at most.
  void end();

 private:
  void on_ready(RunnerSlot& slot, const LoadReport& report) override;
  void on_refused(RunnerSlot& slot, const std::string& why) override;
  void on_ended(RunnerSlot& slot, DeliveryPointer delivery) override;
  void on_returned(DeliveryPointer delivery) override;
  void on_queued(Delivery& delivery, const QueueFrame& frame) override;
  void on_logged(Delivery* delivery, const LogFrame& frame) override;
  void on_died(RunnerSlot& slot, bool had_worked, const std::string& how) override;

  void pump();
  void watch(std::chrono::milliseconds timeout, const std::string& event);

  DeliveryPool pool_;  // must outlive the slot
  RunnerSlot slot_{*this};
  std::optional<Result<LoadReport>> loaded_;
  std::optional<Outcome> outcome_;
};

// What a runner is to be told of this configuration.
RunnerSetup runner_setup(const Config& config, std::vector<std::string> files);

}  // namespace actiond
