// A slot with a real runner and plugins of the tests, and what it tells its listener.
#pragma once

#include <doctest/doctest.h>
#include <poll.h>

#include <map>
#include <string>
#include <vector>

#include "poller/runners/runner_slot.hpp"

using namespace actiond;
using namespace std::chrono_literals;

struct SlotScene final : SlotListener {
  DeliveryPool pool;
  RunnerSlot slot;
  std::string refused;
  std::vector<std::string> ended;     // "event: ending reason"
  std::vector<std::string> returned;  // events
  std::vector<std::string> logged;
  std::vector<std::string> logged_in_run;
  std::map<std::string, int> queued;
  std::string died;
  bool is_dead = false;

  explicit SlotScene(std::vector<std::string> plugins,
                     RunnerSlot::Spawn spawn = RunnerProcess::spawn)
      : slot(*this, std::move(spawn)) {
    RunnerSetup setup;
    for (const auto& plugin : plugins) setup.files.push_back(TEST_PLUGINS "/" + plugin + ".so");
    setup.queues = {"high"};
    setup.default_queue = "high";
    REQUIRE(slot.start(to_text(setup)).ok());
    wait_until([&] { return slot.is_ready() || !refused.empty(); });
  }
  ~SlotScene() override { slot.abandon(); }

  void on_ready(RunnerSlot&, const LoadReport&) override {}
  void on_refused(RunnerSlot&, const std::string& why) override { refused = why; }
  void on_ended(RunnerSlot&, DeliveryPointer delivery) override {
    ended.push_back(delivery->message.event + ": " + name(delivery->outcome.ending) +
                    (delivery->outcome.reason.empty() ? "" : " " + delivery->outcome.reason));
    delivery->is_settled = true;
  }
  void on_returned(DeliveryPointer delivery) override {
    returned.push_back(delivery->message.event);
    delivery->is_settled = true;
  }
  void on_queued(Delivery&, const QueueFrame& frame) override {
    ++queued[std::string(frame.event)];
  }
  void on_logged(Delivery* delivery, const LogFrame& frame) override {
    logged.emplace_back(frame.text);
    if (delivery != nullptr) logged_in_run.emplace_back(frame.text);
  }
  void on_died(RunnerSlot&, bool, const std::string& how) override {
    died = how;
    is_dead = true;
  }

  void hand(const std::string& event, const std::string& params = "{}") {
    DeliveryPointer delivery = pool.get();
    delivery->message.event = event;
    delivery->message.id = "id-" + event;
    delivery->message.body = params;
    slot.hand(std::move(delivery));
    slot.process().flush();
  }

  // Reads and reaps until the condition holds; a runner that never gets there fails the test.
  template <typename Condition>
  void wait_until(Condition condition) {
    for (const auto until = monotonic_now() + 20s; !condition();) {
      REQUIRE(monotonic_now() < until);
      if (slot.is_alive()) {
        pollfd fds[] = {{slot.process().socket(), POLLIN, 0}, {slot.process().pidfd(), POLLIN, 0}};
        ::poll(fds, 2, 100);
        slot.receive();
        slot.bury_if_dead();
      }
    }
  }
  void wait_for_ends(std::size_t count) {
    wait_until([&] { return ended.size() >= count; });
  }
};

using Texts = std::vector<std::string>;
