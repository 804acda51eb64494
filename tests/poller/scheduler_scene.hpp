// A scheduler between a broker and runners that do what the test says.
#pragma once

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include "fake_broker.hpp"
#include "fake_clock.hpp"
#include "log_scene.hpp"
#include "poller/scheduler.hpp"
#include "runners/fake_runner.hpp"

using Texts = std::vector<std::string>;

// Queues 0 and 1, "high" and "low"; the broker and the runners do what the test says.
struct SchedulerScene : LogScene {
  boost::asio::io_context io;
  FakeClock clock;
  FakeBroker broker;
  actiond::Config config;
  FakeRunners runners;
  actiond::Journal journal{log, std::chrono::hours(24)};
  std::string heard;  // "event ", "answer "
  std::string lost;   // why the broker is
  bool is_excused = false;
  bool is_connected = false;
  actiond::Scheduler scheduler;
  actiond::Crew crew;
  std::uint64_t tags = 0;

  explicit SchedulerScene(int concurrency = 1, std::optional<int> prefetch = std::nullopt)
      : config(queues(concurrency, prefetch)),
        scheduler(config, clock, "host/1", journal, crew, events()),
        crew(io, clock, config, log, scheduler.outcomes(),
             {[](const actiond::LoadReport&) {}, [](const actiond::Error&) {}}, runners.spawn()) {
    crew.start();
    for (auto& runner : runners.all) runner.load({"mail", "slow"});
    actiond::PluginInfo plugin;
    plugin.file = "fake.so";
    plugin.events = {{"mail", "", 3, 0}, {"slow", "", 3, 0}};
    scheduler.learn(actiond::LoadReport{{plugin}}, "0123456789ab");
    connect(1);
  }
  actiond::Config queues(int concurrency, std::optional<int> prefetch) {
    actiond::Config made;
    made.prefetch = prefetch;
    made.queues = {"high", "low"};
    made.concurrency = concurrency;
    made.retry.jitter = 0;
    made.run_dir = directory;
    return made;
  }
  actiond::SchedulerEvents events() {
    return {[this](actiond::Delivery& delivery) { delivery.is_excused = is_excused; },
            [](const actiond::Delivery&, actiond::Settlement) {},
            [this](bool is_answer) { heard += is_answer ? "answer " : "event "; },
            [this](const actiond::Error& why) { lost = why.text; }};
  }
  void connect(std::uint64_t epoch) {
    scheduler.connected(broker, epoch);
    is_connected = true;
    turn();  // begins to consume
    consuming(16);
    broker.take();
  }
  void lose() {
    scheduler.lost();
    is_connected = false;
    broker.take();
  }
  void consuming(int prefetch) {
    for (const actiond::QueueIndex queue : {0, 1}) {
      scheduler.on_consuming(queue, prefetch);
      scheduler.on_proven_empty(queue);
    }
  }
  std::uint64_t deliver(actiond::QueueIndex queue, const std::string& event,
                        std::int64_t due_at_ms = 0) {
    actiond::Message message;
    message.event = event;
    message.id = "id";
    message.trail.due_at_ms = due_at_ms;
    scheduler.on_delivery(queue, ++tags, false, message);
    return tags;
  }
  std::uint64_t deliver_again(actiond::QueueIndex queue, const std::string& event,
                              const std::string& body = "") {
    return deliver_message(queue, event, body, "id", true);
  }
  std::uint64_t deliver_message(actiond::QueueIndex queue, const std::string& event,
                                const std::string& body, const std::string& id,
                                bool is_redelivered) {
    actiond::Message message;
    message.event = event;
    message.id = id;
    message.body = body;
    scheduler.on_delivery(queue, ++tags, is_redelivered, message);
    return tags;
  }
  void turn() {
    crew.arm();
    io.restart();
    io.poll();
    crew.receive();
    (void)scheduler.outcomes().resume();
    if (is_connected) scheduler.schedule();
    crew.flush();
    crew.arm_tick();
  }
  void pass(std::chrono::milliseconds time) {
    for (; time > std::chrono::milliseconds(0); time -= std::chrono::milliseconds(25)) {
      clock.advance(std::chrono::milliseconds(25));
      turn();
    }
  }
  FakeRunner& runner() { return runners.all.front(); }
  // Runs are known to be short: pipes are deep from now on.
  void warm_up() {
    deliver(1, "mail");
    turn();
    runner().run(clock.now(), std::chrono::microseconds(1));
    turn();
    (void)runner().received();
    consuming(256);
    broker.take();
  }
};
