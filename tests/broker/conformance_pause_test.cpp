// Pauses, which every broker must keep: the same cases on each.
#include "base/clock.hpp"
#include "broker/look.hpp"
#include "broker/pauses.hpp"
#include "broker/rabbitmq/pause_queues.hpp"
#include "client/rabbitmq/amqp.hpp"
#include "client/rabbitmq/connection.hpp"
#include "place.hpp"

namespace actiond::test {
namespace {

const Pause kPause{"root@box", 1700000000123, "too much \"mail\" – 日本語"};

void pause(const Place& place, const std::vector<std::string>& queues) {
  auto paused = pause_queues(place.config(), "broker_tests", queues, kPause, 10s);
  if (!paused) FAIL(paused.error().text);
}

std::vector<std::string> resume(const Place& place, const std::vector<std::string>& queues) {
  auto resumed = resume_queues(place.config(), "broker_tests", queues, 10s);
  if (!resumed) FAIL(resumed.error().text);
  return *resumed;
}

std::optional<Pause> pause_of(const Place& place, const std::string& queue) {
  const auto look = look_at_broker(place.config(), "broker_tests", 10s);
  if (!look) FAIL(look.error().text);
  for (const auto& each : look->queues)
    if (each.name == queue) return each.pause;
  return std::nullopt;
}

// In each of the backends but memcached, which refuses that with a sentence.
void where_it_can(const std::function<void(Place&)>& test) {
  everywhere([&test](Place& place) {
    if (place.name() != "memcached") return test(place);
    const auto paused = pause_queues(place.config(), "broker_tests", {"high"}, kPause, 10s);
    REQUIRE_FALSE(paused);
    CHECK(paused.error().text.starts_with("queues in memcached can't be paused"));
  });
}

// As a poller does, until the broker knows; fails the test after 20 s.
void until_paused(Consumer& consumer, QueueIndex queue, bool is_paused) {
  auto next_look = monotonic_now();
  consumer.until([&] {
    if (monotonic_now() >= next_look) {
      REQUIRE(consumer.broker->look_at_pauses(true));
      next_look = monotonic_now() + 300ms;
    }
    return consumer.broker->is_paused(queue).value_or(false) == is_paused;
  });
}

}  // namespace

TEST_CASE("broker: a pause is told of to those who are there, and known to those who come") {
  where_it_can([](Place& place) {
    Consumer early(place);
    CHECK_FALSE(early.broker->is_paused(0).value_or(false));
    pause(place, {"high", "low"});
    until_paused(early, 0, true);
    until_paused(early, 2, true);
    CHECK_FALSE(early.broker->is_paused(1).value_or(false));
    std::erase_if(early.pauses, [](const auto& pause) { return !pause.second; });  // as was known
    CHECK(early.pauses == std::vector<std::pair<QueueIndex, bool>>{{0, true}, {2, true}});
    const auto late = place.connect();
    CHECK(late->is_paused(0) == true);
    CHECK_FALSE(late->is_paused(1).value_or(false));
    CHECK(resume(place, {"high", "medium", "low"}) == std::vector<std::string>{"high", "low"});
    until_paused(early, 0, false);
    CHECK_FALSE(place.connect()->is_paused(0).value_or(false));
    CHECK(resume(place, {"high"}).empty());
  });
}

// Its queue looks empty while it has no leader.
TEST_CASE("broker: a pause in a quorum queue is over when somebody says so, or after many looks") {
  where_it_can([](Place& place) {
    if (place.name() != "quorum") return;
    Consumer consumer(place);
    pause(place, {"high"});
    until_paused(consumer, 0, true);
    CHECK(resume(place, {"high"}) == std::vector<std::string>{"high"});
    for (int looks = 1; looks <= 10; ++looks) {
      REQUIRE(consumer.broker->look_at_pauses(false));
      consumer.until_quiet();
    }
    CHECK(consumer.broker->is_paused(0) == true);
    until_paused(consumer, 0, false);
  });
}

// Whoever resumes a queue makes the one that keeps its pause anew.
TEST_CASE("broker: a pause is told of soon by a queue that was gone under a look") {
  where_it_can([](Place& place) {
    if (place.name() != "classic") return;
    const Config& config = place.config();
    Consumer consumer(place);
    const auto url = action::parse_broker_url(config.brokers.at(0));
    auto connection = action::Connection::open(*url, "broker_tests", 10s);
    REQUIRE(connection);
    REQUIRE((*connection)->open_channel(1));
    const auto name = pause_queue(config.application, "high");
    amqp_queue_delete_t remove{0, action::to_bytes(name), false, false, false};
    REQUIRE((*connection)->call(1, AMQP_QUEUE_DELETE_METHOD, &remove));
    REQUIRE(consumer.broker->look_at_pauses(true));
    const auto looked_at = monotonic_now();
    consumer.until([&] { return monotonic_now() - looked_at > 500ms; });
    pause(place, {"high"});
    const auto paused_at = monotonic_now();
    until_paused(consumer, 0, true);
    CHECK(monotonic_now() - paused_at < 2s);
    resume(place, {"high"});
  });
}

TEST_CASE("broker: who paused a queue, when and why, can be read as often as one likes") {
  where_it_can([](Place& place) {
    CHECK_FALSE(pause_of(place, "high"));
    pause(place, {"high"});
    for (int i = 0; i < 25; ++i) CHECK(pause_of(place, "high") == kPause);
    CHECK_FALSE(pause_of(place, "medium"));
    pause(place, {"high"});  // anew
    CHECK(resume(place, {"high"}) == std::vector<std::string>{"high"});
    CHECK_FALSE(pause_of(place, "high"));
  });
}

TEST_CASE("broker: a pause says as much as can be understood") {
  CHECK(pause_in(to_text(kPause)) == kPause);
  CHECK(pause_in("") == Pause{});
  CHECK(pause_in("[1]") == Pause{});
  CHECK(pause_in(R"({"by": 7, "at_ms": "soon", "reason": "x"})") == Pause{"", 0, "x"});
}

}  // namespace actiond::test
