#include "web/attention.hpp"

#include <doctest/doctest.h>

#include "scene.hpp"

using namespace actiond;
using namespace actiond::web;
using actiond::web::test::ViewScene;

TEST_CASE("attention: when all is well, nothing") {
  ViewScene scene;
  scene.add_queue("high", 5, 2);
  scene.add_queue("low", 0, 0);
  scene.add_queue("dead", 412, 0);
  scene.add_poller(1);
  scene.add_event("a", 100);
  CHECK(attention(scene.view()).empty());
  CHECK(attention({}).empty());
}

TEST_CASE("attention: a broker that is away, a queue from which nobody takes") {
  ViewScene scene;
  scene.add_poller(1);
  scene.add_queue("high", 5, 0);
  CHECK(attention(scene.view()).at(0).title == "Nobody takes from the queue high");
  scene.add_queue("low", 1, 0);
  CHECK(attention(scene.view()).at(0).title == "Nobody takes from the queues high, low");
  CHECK(attention(scene.view()).at(0).detail == "6 events wait there");
  scene.broker.queues = {{"broker", {{"error", "refused"}}}};
  const auto found = attention(scene.view());
  REQUIRE(found.size() == 1);
  CHECK(found[0].is_alarm);
  CHECK(found[0].title == "The broker does not answer");
  CHECK(found[0].detail == "refused");
}

TEST_CASE("attention: pollers that are not well, by name, and very many by their number") {
  ViewScene scene;
  scene.add_poller(1);
  scene.add_poller(2, "does not answer")["problem"] = "2 s";
  scene.add_poller(3)["reload"] = {{"problem", "a.so is no plugin"}};
  scene.add_poller(4, "leaving");
  auto found = attention(scene.view());
  REQUIRE(found.size() == 2);
  CHECK(found[0].title == "poller 2: does not answer");
  CHECK(found[1].title == "poller 3: plugins refused");
  CHECK(found[1].page == "plugins");
  for (int id = 5; id < 25; ++id) scene.add_poller(id, "gone");
  found = attention(scene.view());
  CHECK(found.size() == 6);
  CHECK(found.back().title == "17 more pollers are not well");
}

TEST_CASE("attention: no poller at work is an alarm, none at all is the empty page's matter") {
  ViewScene scene;
  CHECK(attention(scene.view()).empty());
  scene.add_poller(1, "gone");
  CHECK(attention(scene.view()).back().title == "No poller takes events");
}

TEST_CASE("attention: dead letters, and with which plugin set they began") {
  ViewScene scene;
  scene.add_poller(1)["failures"] = {
      {{"event", "send_email"}, {"at_ms", 1}, {"error", "older"}},
      {{"event", "send_email"}, {"at_ms", 2}, {"error", "connection refused\nmore"}}};
  scene.add_event("send_email", 10, 412);
  scene.statistics.dead_since_ms["send_email"] = 1'200'000;
  Mark after{MarkKind::Swap, 1'900'000, "box/1", "b", "c", "", "", "", 1};
  Mark deploy{MarkKind::Swap, 1'080'000, "box/1", "a", "b", "", "", "", 1};
  Mark refusal{MarkKind::Refusal, 1'150'000, "box/1", "b", "x", "", "", "", 1};
  scene.statistics.hour.marks = {after, refusal, deploy};
  const auto found = attention(scene.view());
  REQUIRE(found.size() >= 1);
  CHECK(found[0].is_alarm);
  CHECK(found[0].title == "412 dead letters of send_email");
  CHECK(found[0].detail == "connection refused");
  CHECK(found[0].since_ms == 1'200'000);
  CHECK(found[0].plugin_set == "b");
  CHECK(found[0].deploy_ms == 1'080'000);
}

TEST_CASE("attention: more failures than usual, once there are enough to tell") {
  ViewScene scene;
  scene.add_poller(1);
  auto& event = scene.add_event("a", 17);
  event.figures.outcomes[static_cast<std::size_t>(OutcomeLabel::Failed)] = 2;
  CHECK(attention(scene.view()).empty());
  event.figures.outcomes[static_cast<std::size_t>(OutcomeLabel::Failed)] = 20;
  REQUIRE(attention(scene.view()).size() == 1);
  CHECK_FALSE(attention(scene.view())[0].is_alarm);
  scene.statistics.day_events = 100;
  scene.statistics.day_failed = 50;
  CHECK(attention(scene.view()).empty());
}

TEST_CASE("attention: what is lost or stands still comes first") {
  ViewScene scene;
  scene.add_poller(1);
  scene.statistics.problem = "is damaged";
  scene.add_queue("high", 1, 0);
  const auto found = attention(scene.view());
  REQUIRE(found.size() == 2);
  CHECK(found[0].is_alarm);
  CHECK(found[1].title == "No statistics");
}
