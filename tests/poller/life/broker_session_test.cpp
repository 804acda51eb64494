#include "poller/life/broker_session.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <thread>

#include "../fake_broker.hpp"
#include "../fake_clock.hpp"
#include "../log_scene.hpp"

using namespace actiond;
using namespace std::chrono_literals;

namespace {

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
    REQUIRE(io.run_one_for(10s) == 1);
  }
  void connect_at_last() {
    refusal.clear();
    clock.advance(5s);
    await_try();
  }
  void fail_again(const std::string& why) {
    refusal = why;
    clock.advance(5s);
    await_try();
  }
};

}  // namespace

TEST_CASE("session: each connection has its number, and the first is no return") {
  SessionScene scene;
  CHECK(scene.session.epoch() == 0);
  scene.await_try();
  CHECK(scene.epoch == 1);
  CHECK(scene.session.broker() == scene.broker);
  CHECK(scene.times_logged("is back") == 0);
  scene.session.lose(Error{"gone"});
  scene.connect_at_last();
  CHECK(scene.epoch == 2);
}

TEST_CASE("session: an outage is logged once, and again when its reason changes") {
  SessionScene scene;
  scene.await_try();
  scene.session.lose(Error{"the connection was closed"});
  CHECK(scene.times_lost == 1);
  CHECK(scene.session.broker() == nullptr);
  for (int i = 0; i < 3; ++i) scene.fail_again("can't connect: connection refused");
  for (int i = 0; i < 3; ++i) scene.fail_again("can't connect: the login was refused");
  CHECK(scene.session.problem() == "can't connect: the login was refused");
  CHECK(scene.times_logged("ERROR the connection was closed: connecting again") == 1);
  CHECK(scene.times_logged(
            "ERROR can't connect: connection refused: trying again until it answers") == 1);
  CHECK(scene.times_logged(
            "ERROR can't connect: the login was refused: trying again until it answers") == 1);
  scene.connect_at_last();
  CHECK(scene.times_logged("the broker fake is back") == 1);
  CHECK(scene.session.problem().empty());
}

TEST_CASE("session: the next outage is logged though it has the same reason") {
  SessionScene scene;
  scene.await_try();
  for (int i = 0; i < 2; ++i) {
    scene.clock.advance(2s);
    scene.session.lose(Error{"the connection was closed"});
    scene.connect_at_last();
  }
  CHECK(scene.times_logged("the connection was closed: connecting again") == 2);
  CHECK(scene.times_logged("is back") == 2);
}

TEST_CASE(
    "session: connections that end at once for one reason are one outage, with longer waits") {
  SessionScene scene;
  scene.await_try();
  scene.clock.advance(2s);
  std::vector<std::chrono::nanoseconds> waits;
  for (int i = 0; i < 60; ++i) {
    scene.session.lose(Error{"the queue is a stream"});
    const auto lost_at = scene.clock.now();
    scene.clock.advance(scene.clock.until_next());
    waits.push_back(scene.clock.now() - lost_at);
    scene.await_try();
  }
  CHECK(waits.back() > 5 * waits.front());
  CHECK(scene.times_logged("the queue is a stream: connecting again") == 2);
  CHECK(scene.times_logged("is back") == 1);
  scene.clock.advance(1s);
  CHECK(scene.times_logged("is back") == 2);
}

TEST_CASE("session: a connection that breaks is noticed by whatever is done with it") {
  SessionScene scene;
  scene.await_try();
  scene.broker->is_lost = true;
  SUBCASE("reading") {
    scene.session.receive(scene.listener);
  }
  SUBCASE("writing") {
    scene.session.flush();
  }
  CHECK(scene.times_lost == 1);
  CHECK(scene.times_logged("the connection is lost: connecting again") == 1);
  scene.session.flush();  // without one nothing happens
  CHECK(scene.times_lost == 1);
}

TEST_CASE("session: the waits between tries grow, and a success ends that") {
  SessionScene scene;
  scene.refusal = "refused";
  scene.await_try();
  CHECK(scene.tries == 1);
  scene.clock.advance(200ms);
  scene.await_try();
  CHECK(scene.tries == 2);
  for (int i = 0; i < 40; ++i) scene.fail_again("refused");
  const int before = scene.tries;
  scene.clock.advance(1s);  // by now they are longer
  CHECK(scene.io.poll() == 0);
  CHECK(scene.tries == before);
  scene.connect_at_last();
  scene.clock.advance(1s);  // it lasts
  scene.session.lose(Error{"gone"});
  scene.clock.advance(200ms);
  scene.await_try();
  CHECK(scene.epoch == 2);
}

TEST_CASE("session: where a broker is required the first failure is the last") {
  SessionScene scene;
  scene.is_tried_again = false;
  scene.refusal = "refused";
  scene.await_try();
  scene.clock.advance(1min);
  CHECK(scene.tries == 1);
  CHECK(scene.logged().empty());
}

TEST_CASE("session: the loop is woken three times a heartbeat, while there is a broker") {
  SessionScene scene;
  scene.await_try();
  scene.clock.advance(10s);  // the fake's heartbeat
  CHECK(scene.beats == 3);
  scene.session.lose(Error{"gone"});
  scene.refusal = "refused";
  scene.clock.advance(10s);
  CHECK(scene.beats == 3);
}

TEST_CASE("session: a broker that answers after a minute of silence has lost a consumer") {
  SessionScene scene;
  scene.await_try();
  scene.clock.advance(59999ms);
  scene.session.heard(true);  // nobody has asked
  scene.session.leave_if_consumer_lost();
  CHECK(scene.times_lost == 0);
  scene.clock.advance(1ms);
  scene.session.leave_if_consumer_lost();
  CHECK(scene.times_lost == 0);
  scene.session.heard(true);
  scene.session.leave_if_consumer_lost();
  CHECK(scene.times_lost == 1);
  CHECK(scene.times_logged("the broker delivered nothing for 60 s though a queue had events: "
                           "connecting again") == 1);
}

TEST_CASE("session: silence is no suspicion when an event comes by itself, or was run meanwhile") {
  SessionScene scene;
  scene.await_try();
  SUBCASE("it comes") {
    scene.clock.advance(60s);
    scene.session.heard(false);
  }
  SUBCASE("it was run") {
    scene.is_idle = false;
    scene.clock.advance(60s);
  }
  scene.session.heard(true);
  scene.session.leave_if_consumer_lost();
  CHECK(scene.times_lost == 0);
  scene.is_idle = true;
  scene.clock.advance(60s);  // the next minute is another
  scene.session.heard(true);
  scene.session.leave_if_consumer_lost();
  CHECK(scene.times_lost == 1);
}

TEST_CASE("session: what was suspected of a lost connection is not of the next one") {
  SessionScene scene;
  scene.await_try();
  scene.clock.advance(60s);
  scene.session.lose(Error{"gone"});
  scene.connect_at_last();
  scene.session.heard(true);
  scene.session.leave_if_consumer_lost();
  CHECK(scene.times_lost == 1);
}

TEST_CASE("session: once stopped it neither connects again nor complains") {
  SessionScene scene;
  scene.await_try();
  scene.session.stop();
  SUBCASE("lost") {
    scene.session.lose(Error{"gone"});
    CHECK(scene.times_lost == 1);
  }
  SUBCASE("closed") {
    scene.session.close();
    CHECK(scene.times_lost == 0);
  }
  CHECK(scene.session.broker() == nullptr);
  CHECK_FALSE(scene.clock.is_any_set());
  CHECK(scene.logged().empty());
}

TEST_CASE("session: a goodbye is answered, or given up after a second, and nothing waits for it") {
  SessionScene scene;
  scene.await_try();
  scene.broker->hears_goodbye = false;
  scene.session.stop();
  scene.session.close();
  scene.session.close();
  CHECK(scene.broker->take() == std::vector<std::string>{"goodbye"});
  CHECK_FALSE(scene.session.is_closed());
  SUBCASE("answered") {
    scene.broker->hears_goodbye = true;
    scene.session.receive(scene.listener);
    CHECK(scene.logged().empty());
  }
  SUBCASE("not answered") {
    scene.clock.advance(1s);
    CHECK(scene.times_logged("may not have heard what became of the last events") == 1);
  }
  SUBCASE("the connection ends instead") {
    scene.broker->is_lost = true;
    scene.session.receive(scene.listener);
    CHECK(scene.times_logged("the connection is lost") == 1);
  }
  CHECK(scene.session.is_closed());
  CHECK(scene.times_lost == 0);
}

TEST_CASE("session: a quiet broker is looked at when something has come, and at each heartbeat") {
  SessionScene scene;
  int ends[2];
  REQUIRE(::pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0);
  scene.wakes_by = {ends[0]};
  scene.await_try();
  const auto turn = [&] {
    scene.session.arm();
    scene.io.poll();
    scene.session.receive(scene.listener);
    return scene.broker->looks;
  };
  CHECK(turn() == 1);  // what came with the login
  CHECK(turn() == 1);
  REQUIRE(::write(ends[1], "x", 1) == 1);
  CHECK(turn() == 2);
  char byte;
  REQUIRE(::read(ends[0], &byte, 1) == 1);
  CHECK(turn() == 2);
  scene.clock.advance(4s);
  CHECK(turn() == 3);
  CHECK(turn() == 3);
  for (const int end : ends) ::close(end);
}

TEST_CASE("session: who has enough to do is woken once by what can wait, and looks in each turn") {
  SessionScene scene;
  int ends[2];
  REQUIRE(::pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0);
  scene.wakes_by = {ends[0]};
  scene.await_try();
  scene.session.receive(scene.listener);
  REQUIRE(::write(ends[1], "x", 1) == 1);
  const auto is_woken = [&](bool has_enough) {
    scene.session.arm(has_enough);
    scene.io.restart();
    return scene.io.poll() > 0;
  };
  CHECK(is_woken(true));
  CHECK_FALSE(is_woken(true));
  const int looks = scene.broker->looks;
  scene.session.receive(scene.listener);
  CHECK(scene.broker->looks == looks + 1);
  CHECK_FALSE(is_woken(true));
  CHECK(is_woken(false));
  for (const int end : ends) ::close(end);
}

TEST_CASE("session: of several connections those are looked at that have something") {
  SessionScene scene;
  int first[2], second[2];
  REQUIRE(::pipe2(first, O_NONBLOCK | O_CLOEXEC) == 0);
  REQUIRE(::pipe2(second, O_NONBLOCK | O_CLOEXEC) == 0);
  scene.wakes_by = {first[0], second[0]};
  scene.await_try();
  const auto skipped = [&] {
    scene.broker->skipped.clear();
    scene.session.arm();
    scene.io.poll();
    scene.session.receive(scene.listener);
    return scene.broker->skipped;
  };
  CHECK(skipped().empty());  // the first look is at both
  CHECK(skipped().empty());  // there is no look, so nothing is skipped by a later one
  CHECK(scene.broker->looks == 1);
  REQUIRE(::write(first[1], "x", 1) == 1);
  CHECK(skipped() == std::vector<std::size_t>{1});
  REQUIRE(::write(second[1], "x", 1) == 1);
  CHECK(skipped().empty());
  CHECK(scene.broker->looks == 3);
  for (const int end : {first[0], first[1], second[0], second[1]}) ::close(end);
}

TEST_CASE("session: what is missing is told, made anew, and then the broker goes on with it") {
  SessionScene scene([]() -> Result<std::vector<std::string>> {
    return std::vector<std::string>{"the queue x was gone"};
  });
  scene.await_try();
  FakeBroker* const broker = scene.broker;
  scene.session.receive(scene.listener);
  broker->missing = {"the queue high is gone"};
  scene.session.receive(scene.listener);
  CHECK(scene.times_logged("the queue high is gone") == 1);
  scene.clock.advance(0s);
  scene.await_try();
  CHECK(scene.times_logged("the queue x was gone") == 1);
  CHECK(broker->take() == std::vector<std::string>{"tended"});
  CHECK(scene.session.broker() == broker);
  CHECK(scene.times_lost == 0);
}

TEST_CASE("session: what can't be looked at is told once, and tried again") {
  SessionScene scene([]() -> Result<std::vector<std::string>> { return Error{"no right"}; });
  scene.await_try();
  scene.session.tend();
  for (const auto wait : {0s, 1s, 2s}) {
    scene.clock.advance(wait);
    scene.await_try();
  }
  CHECK(scene.times_logged("can't be looked at: no right") == 1);
  CHECK(scene.broker->take().empty());
}
