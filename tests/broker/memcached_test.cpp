// What only a queue in memcached has to show.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <set>
#include <thread>

#include "broker/look.hpp"
#include "client/event_id.hpp"
#include "rings.hpp"

namespace actiond::test {
namespace {

// Queues events of 20 kB until `most` of them are stored, or one is refused; returns their ids.
std::set<std::string> fill(mc::Rings& rings, std::size_t most) {
  std::set<std::string> ids;
  Message message = event("work", std::string(20'000, 'x'));
  while (ids.size() < most) {
    message.id = action::new_event_id();
    const mc::NewSlot one{"low", &message};
    const auto stored = rings.put({&one, 1});
    REQUIRE(stored);
    if (!stored->front()) break;
    ids.insert(message.id);
  }
  return ids;
}

}  // namespace

TEST_CASE("memcached: with -M it is filled until it refuses, drained, and nothing is lost") {
  if (!has_memcached()) SKIP_TEST("ACTION_TEST_MEMCACHED names no server");
  const OwnServer server("--option=-M --option=-m64");
  const Ring place(server.url());
  Consumer consumer(place);
  for (QueueIndex i = 0; i < 3; ++i) REQUIRE(consumer.broker->cancel(i));
  const auto rings = place.open();
  auto ids = fill(*rings, 10'000);
  CHECK(ids.size() > 2'000);
  CHECK(ids.size() < 4'000);
  REQUIRE(consumer.broker->consume(2, 100));
  while (!ids.empty()) {
    const auto seen = consumer.take(1).front();
    CHECK(ids.erase(seen.message.id) == 1);
    consumer.acknowledge(seen);
  }
  consumer.close();
  CHECK(ready(place, "low") == 0);
  CHECK(fill(*rings, 100).size() == 100);  // and there is room again
}

TEST_CASE("memcached: what a poller that was killed had in hand comes to another") {
  if (!has_memcached()) SKIP_TEST("ACTION_TEST_MEMCACHED names no server");
  const OwnServer server("--option=-M --option=-m64");
  const Ring place(server.url());
  enqueue(place, "low", numbered(100));
  int has_taken[2];
  REQUIRE(::pipe(has_taken) == 0);
  const pid_t killed = ::fork();
  if (killed == 0) {
    try {
      Consumer consumer(place, 40);
      (void)consumer.take(40);
      [[maybe_unused]] const auto told = ::write(has_taken[1], "", 1);
      ::pause();
    } catch (...) {  // doctest's: the parent tells
    }
    ::_exit(1);
  }
  ::close(has_taken[1]);
  char byte = 0;
  REQUIRE(::read(has_taken[0], &byte, 1) == 1);
  ::kill(killed, SIGKILL);
  ::waitpid(killed, nullptr, 0);
  ::close(has_taken[0]);
  Consumer other(place, 100);
  std::set<std::string> bodies;
  int again = 0;
  for (const auto& seen : other.take(100)) {
    bodies.insert(seen.message.body);
    again += seen.is_redelivered;
  }
  CHECK(bodies.size() == 100);
  CHECK(again == 40);
}

TEST_CASE("memcached: without -M a poller warns, and status counts what was dropped") {
  if (!has_memcached()) SKIP_TEST("ACTION_TEST_MEMCACHED names no server");
  const OwnServer server("--option=-m16");
  const Ring place(server.url());
  {
    Consumer consumer(place);
    REQUIRE(consumer.broker->remarks().size() == 1);
    CHECK(consumer.broker->remarks().front().find("start it with -M") != std::string::npos);
    consumer.close();
  }
  CHECK(fill(*place.open(), 3'000).size() == 3'000);
  const auto look = look_at_broker(place.config(), "broker_tests", 10s);
  REQUIRE(look);
  CHECK(look->queues.front().problem.find("memcached has dropped ") != std::string::npos);
}

TEST_CASE("memcached: after a restart pollers go on, and say what is gone") {
  if (!has_memcached()) SKIP_TEST("ACTION_TEST_MEMCACHED names no server");
  const OwnServer server("--option=-M");
  const Ring place(server.url());
  auto consumer = std::make_unique<Consumer>(place);
  CHECK(consumer->broker->remarks().empty());
  server.script("restart");
  Result<void> turned;
  for (int i = 0; i < 10 && turned; ++i) turned = consumer->turn(1s);
  REQUIRE_FALSE(turned);
  consumer = std::make_unique<Consumer>(place);
  REQUIRE(consumer->broker->remarks().size() == 1);
  CHECK(consumer->broker->remarks().front().find("has forgotten all") != std::string::npos);
  enqueue(place, "low", {event("after")});
  CHECK(consumer->take(1).front().message.event == "after");
}

TEST_CASE("memcached: a poller that the others have written off is told so") {
  if (!has_memcached()) SKIP_TEST("ACTION_TEST_MEMCACHED names no server");
  const OwnServer server("--option=-M");
  const Ring place(server.url());
  Consumer consumer(place);
  const auto rings = place.open();
  REQUIRE(rings->connection().run(mc::remove(rings->owner_key("1"))));
  Result<void> turned;
  for (int i = 0; i < 20 && turned; ++i) turned = consumer.turn(1s);
  REQUIRE_FALSE(turned);
  CHECK(turned.error().text.find("does not know this poller any more") != std::string::npos);
}

TEST_CASE("memcached: what a slow server stores is stored once") {
  if (!has_memcached()) SKIP_TEST("ACTION_TEST_MEMCACHED names no server");
  const OwnServer server("--option=-M");
  const Ring place(server.url());
  const auto rings = place.open();
  REQUIRE(rings->add_queue("low"));
  std::thread slowness([&server] { server.freeze_for(700ms); });
  const Message message = event("work");
  const mc::NewSlot one{"low", &message};
  for (int i = 0; i < 2000; ++i) REQUIRE(rings->put({&one, 1}));
  slowness.join();
  CHECK(ready(place, "low") == 2000);
}

TEST_CASE("memcached: of the dead letters the newest are kept") {
  if (!has_memcached()) SKIP_TEST("ACTION_TEST_MEMCACHED names no server");
  const OwnServer server("--option=-M");
  const Ring place(server.url());
  const auto rings = place.open();
  REQUIRE(rings->add_queue(action::kDead));
  const Message letter = event("letter");
  const std::vector<mc::NewSlot> letters(mc::kDeadRing + 100, mc::NewSlot{action::kDead, &letter});
  REQUIRE(rings->put(letters));
  CHECK(place.dead_letters()->count() == mc::kDeadRing);
  CHECK(ready(place, "dead") == mc::kDeadRing);
}

}  // namespace actiond::test
