// A whole poller, whose broker, runners and time are the test's.
#pragma once

#include <doctest/doctest.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "fake_broker.hpp"
#include "fake_clock.hpp"
#include "log_scene.hpp"
#include "poller/poller.hpp"
#include "runners/fake_runner.hpp"

namespace actiond {

// Poller 1 of a queue "high" and one runner.
struct PollerScene : LogScene {
  using Texts = std::vector<std::string>;

  boost::asio::io_context io{1};
  FakeClock clock;
  FakeRunners runners;
  Config config;
  PollerOptions options;
  Texts told;                    // "runner", "takes over", "started", "not started: …", in order
  std::string refusal;           // of a connection; empty: there is a broker
  std::atomic<int> tries = 0;    // to connect
  FakeBroker* broker = nullptr;  // the last one
  Result<void> takeover;         // what whoever is asked before it says
  std::uint64_t tags = 0;
  std::optional<Result<void>> ended;  // it is gone
  std::unique_ptr<Poller> poller;

  PollerScene() {
    config.queues = {"high"};
    config.plugins = directory / "plugins.d";
    config.run_dir = directory / "run";
    config.reload = Reload::Manual;
    config.retry.jitter = 0;
    config.statistics.reset();
    std::filesystem::create_directories(config.plugins);
    std::filesystem::create_directories(config.run_dir);
    std::ofstream(config.plugins / "mail.so") << "code";
    options.id = 1;
    options.before_takeover = [this] {
      told.emplace_back("takes over");
      return takeover;
    };
    options.on_started = [this](const Result<void>& started) {
      told.push_back(started ? "started" : "not started: " + started.error().text);
    };
  }
  ~PollerScene() {  // a try that nobody waits for uses what is here
    while (Connector::is_any_trying()) std::this_thread::yield();
  }
  PollerScene(const PollerScene&) = delete;
  PollerScene& operator=(const PollerScene&) = delete;

  PollerTools tools() {
    ReloadTools reload;
    reload.spread = [] { return std::chrono::milliseconds(0); };
    return {"here/1", clock, [this] { return connect(); }, {}, spawn(), std::move(reload)};
  }
  RunnerSlot::Spawn spawn() {
    return [this, start = runners.spawn()](const Texts& hidden) {
      told.emplace_back("runner");
      return start(hidden);
    };
  }
  Result<std::unique_ptr<Broker>> connect() {
    ++tries;
    if (!refusal.empty()) return Error{refusal};
    auto made = std::make_unique<FakeBroker>();
    // After that the poller waits for its runners to end.
    made->on_goodbye = [this] { runners.last().die(); };
    broker = made.get();
    return Result<std::unique_ptr<Broker>>(std::move(made));
  }

  void begin() {
    poller = std::make_unique<Poller>(config, options, log, io, tools());
    poller->begin();
  }
  // One that need not wait for something to happen.
  void turn() {
    boost::asio::post(io, [] {});
    ended = poller->step();
  }
  // What has happened by now is handled: a turn takes what is there of one kind.
  void settle() {
    for (int i = 0; i < 10 && !ended; ++i) turn();
  }
  void pass(std::chrono::milliseconds time) {
    clock.advance(time);
    settle();
  }
  template <typename Condition>
  void until(Condition is_so) {
    const auto most = monotonic_now() + std::chrono::seconds(10);
    while (!is_so() && !ended && monotonic_now() < most) turn();
    REQUIRE(is_so());
  }
  void until_gone() {
    until([this] { return ended.has_value(); });
  }
  bool was_told(const std::string& what) const {
    return std::find(told.begin(), told.end(), what) != told.end();
  }
  void load() {
    runners.last().load({"mail"});
    until([this] { return tries > 0; });
  }
  // It is at work, and its broker has begun to deliver.
  void work() {
    begin();
    load();
    until([this] { return was_told("started"); });
    consuming();
  }
  void consuming() {
    settle();
    broker->tells = [](BrokerListener& listener) {
      listener.on_consuming(0, 16);
      listener.on_proven_empty(0);
    };
    settle();
    broker->take();
  }
  void deliver(const std::string& event = "mail") {
    broker->tells = [this, event](BrokerListener& listener) {
      Message message;
      message.event = event;
      message.id = "id";
      listener.on_delivery(0, ++tags, false, message);
    };
    settle();
  }
  // An event is delivered, and its run has begun.
  void run() {
    deliver();
    REQUIRE(runners.last().received().back() == "run mail");
    runners.last().begin(clock.now());
    settle();
  }
  void signal(int number) {
    ::raise(number);
    settle();
  }
  // What the control socket answers.
  nlohmann::json ask(const nlohmann::json& request) {
    std::filesystem::path socket;
    for (const auto& entry : std::filesystem::directory_iterator(config.run_dir))
      if (entry.path().extension() == ".sock") socket = entry.path();
    auto answer = std::async(std::launch::async, [socket, request] {
      return ask_poller(socket, request, std::chrono::seconds(10));
    });
    const auto is_ready = [&] {
      return ended || answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    };
    until(is_ready);
    const auto answered = answer.get();
    return answered ? *answered : nlohmann::json{{"error", answered.error().text}};
  }
  std::string state() { return ask({{"command", "status"}})["state"]; }
  std::filesystem::path pid_file() const { return config.run_dir / "poller.1.pid"; }
};

}  // namespace actiond
