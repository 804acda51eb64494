// A crew of fake runners, and what it tells of them.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "../fake_clock.hpp"
#include "../log_scene.hpp"
#include "fake_runner.hpp"
#include "poller/runners/crew.hpp"

struct CrewScene : LogScene, actiond::RunListener {
  boost::asio::io_context io;
  FakeClock clock;
  actiond::Config config;
  FakeRunners runners;
  actiond::DeliveryPool pool;
  std::vector<std::string> ended;     // "mail: done"
  std::vector<std::string> returned;  // "mail"
  std::vector<std::string> running;
  std::string refused;
  std::vector<std::string> lost;
  int ticks = 0;
  bool is_full = false;
  actiond::MachineLoad machine;
  actiond::Crew crew;

  explicit CrewScene(int concurrency = 1, actiond::Config with = {})
      : config(with),
        crew(io, clock, with_concurrency(concurrency), log, *this,
             {[](const actiond::LoadReport&) {},
              [this](const actiond::Error& why) { refused = why.text; },
              [this](const std::string& how) { lost.push_back(how); },
              [] { return actiond::Result<void>{}; }, [this] { return machine; }},
             runners.spawn()) {
    crew.load("one", nullptr);
    crew.start();
  }
  const actiond::Config& with_concurrency(int concurrency) {
    config.concurrency = concurrency;
    return config;
  }

  bool has_room() const override { return !is_full; }
  void on_running(actiond::Delivery& delivery) override {
    running.push_back(delivery.message.event);
  }
  void on_ended(actiond::DeliveryPointer delivery) override {
    ended.push_back(delivery->message.event + ": " + actiond::name(delivery->outcome.ending));
    delivery->is_settled = true;
  }
  void on_returned(actiond::DeliveryPointer delivery) override {
    returned.push_back(delivery->message.event);
    delivery->is_settled = true;
  }
  void on_queued(actiond::Delivery&, const actiond::QueueFrame&) override {}
  void on_logged(actiond::Delivery*, const actiond::LogFrame&) override {}
  void on_tick(actiond::MonotonicTime) override { ++ticks; }

  // All have loaded.
  void ready() {
    for (auto& runner : runners.all)
      if (!runner.has_loaded() && !runner.is_dead()) runner.load({"mail"});
    turn();
    REQUIRE(crew.ready() == crew.size());
  }
  void turn() {
    crew.arm();
    io.restart();
    io.poll();
    crew.receive();
    crew.flush();
    crew.arm_tick();
  }
  // Lets time pass as a loop does: a turn at each tick.
  void pass(std::chrono::milliseconds time) {
    for (; time > std::chrono::milliseconds(0); time -= std::chrono::milliseconds(25)) {
      clock.advance(std::chrono::milliseconds(25));
      turn();
    }
  }
  void hand(actiond::RunnerSlot& slot, const std::string& event, actiond::QueueIndex queue = 0) {
    actiond::DeliveryPointer delivery = pool.get();
    delivery->message.event = event;
    delivery->queue = queue;
    delivery->timeout = std::chrono::seconds(10);
    slot.hand(std::move(delivery));
  }
  void hand(const std::string& event, actiond::QueueIndex queue = 0) {
    actiond::RunnerSlot* slot = crew.freest(64);
    REQUIRE(slot != nullptr);
    hand(*slot, event, queue);
  }
};
