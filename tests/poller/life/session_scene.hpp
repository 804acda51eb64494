// A session with a broker that is there, or is not, as the test says.
#pragma once

#include <doctest/doctest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../fake_broker.hpp"
#include "../fake_clock.hpp"
#include "../log_scene.hpp"
#include "poller/life/broker_session.hpp"

namespace actiond {

struct DeafListener final : BrokerListener {
  void on_delivery(QueueIndex, std::uint64_t, bool, Message&) override {}
  void on_consuming(QueueIndex, int) override {}
  void on_proven_empty(QueueIndex) override {}
  void on_probe_delivered(QueueIndex) override {}
  void on_published(std::uint64_t, const Result<void>&) override {}
};

struct SessionScene : LogScene {
  DeafListener listener;
  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
  FakeClock clock;
  std::string refusal;           // of a connection; empty: there is a broker
  FakeBroker* broker = nullptr;  // the last one
  std::vector<int> wakes_by;
  int tries = 0;
  std::uint64_t epoch = 0;
  int times_lost = 0;
  int beats = 0;
  bool is_idle = true;
  bool is_tried_again = true;
  bool has_begun = false;
  BrokerSession session;

  explicit SessionScene(Upkeep::Tend tend = {})
      : session(
            io, clock, log, [this] { return connect(); }, events(), std::move(tend)) {}
  ~SessionScene() {  // a try that nobody waits for uses what is here
    while (Connector::is_any_trying() || Upkeep::is_any_looking()) std::this_thread::yield();
  }
  SessionScene(const SessionScene&) = delete;
  SessionScene& operator=(const SessionScene&) = delete;

  Result<std::unique_ptr<Broker>> connect() {
    if (!refusal.empty()) return Error{refusal};
    auto made = std::make_unique<FakeBroker>();
    made->wakes_by = wakes_by;
    broker = made.get();
    return Result<std::unique_ptr<Broker>>(std::move(made));
  }
  SessionEvents events() {
    return {[this](Broker&, std::uint64_t now) { epoch = now; }, [this] { ++times_lost; },
            [this](const Error&) {
              ++tries;
              return is_tried_again;
            },
            [this] { ++beats; }, [this](std::chrono::seconds) { return is_idle; }};
  }
  // Its thread has come back with a connection, or without. The first try begins here: a thread
  // reads what the test has set.
  void await_try() {
    if (!std::exchange(has_begun, true)) session.connect();
    REQUIRE(io.run_one_for(std::chrono::seconds(10)) == 1);
  }
  void connect_at_last() {
    refusal.clear();
    clock.advance(std::chrono::seconds(5));
    await_try();
  }
  void fail_again(const std::string& why) {
    refusal = why;
    clock.advance(std::chrono::seconds(5));
    await_try();
  }
};

}  // namespace actiond
