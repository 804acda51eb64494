#include "poller/life/broker_session.hpp"

#include "session_scene.hpp"

using namespace actiond;
using namespace std::chrono_literals;

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
  CHECK_FALSE(scene.session.broker() == nullptr);
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
  CHECK(scene.session.broker() == nullptr);
  CHECK(scene.times_lost == 0);
}
