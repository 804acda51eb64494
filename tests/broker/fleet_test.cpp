// What pollers say to each other over RabbitMQ, and whoever asks them.
#include "broker/fleet.hpp"

#include <mutex>
#include <thread>

#include "../skipping.hpp"
#include "base/seal.hpp"
#include "place.hpp"

namespace actiond::test {
namespace {

void at_rabbit(const std::function<void(Place&)>& test) {
  bool is_there = false;
  everywhere([&](Place& place) {
    if (is_there || place.name() != "classic") return;
    is_there = true;
    test(place);
  });
  if (!is_there) SKIP_TEST("ACTION_TEST_BROKER names no broker");
}

// A poller that has joined, and echoes what it is asked.
class Member {
 public:
  Member(const Place& place, const std::string& host, const std::string& id) : consumer_(place) {
    REQUIRE(link().join({host, id, new_nonce().substr(0, 8)}));
    consumer_.until([this] { return link().has_joined() || !link().problem().empty(); });
    REQUIRE(link().problem() == "");
  }
  FleetLink& link() { return *consumer_.broker->fleet(); }
  // Waits for so many requests.
  std::vector<FleetRequest> take(std::size_t count) {
    std::vector<FleetRequest> all;
    consumer_.until([&] {
      for (auto& request : link().take_requests()) all.push_back(std::move(request));
      return all.size() >= count;
    });
    return all;
  }
  void turn() { (void)consumer_.turn(1ms).ok(); }

 private:
  Consumer consumer_;
};

std::unique_ptr<Fleet> open(const Place& place) {
  auto fleet = open_fleet(place.config(), "broker_tests", 10s);
  if (!fleet) FAIL(fleet.error().text);
  return std::move(*fleet);
}

}  // namespace

TEST_CASE("fleet: what is said to all, to a host and to one comes to those") {
  at_rabbit([](Place& place) {
    Member one(place, "box4", "1"), two(place, "box4", "2"), other(place, "box.5", "1");
    auto fleet = open(place);
    REQUIRE(fleet->ask({{kToAll, "a"}, {to_host("box4"), "b"}, {to_poller("box.5", "1"), "c"}}));
    const auto bodies = [](const std::vector<FleetRequest>& requests) {
      std::string all;
      for (const auto& request : requests) all += request.target + "=" + request.body + " ";
      return all;
    };
    CHECK(bodies(one.take(2)) == "all=a host.box4=b ");
    CHECK(bodies(two.take(2)) == "all=a host.box4=b ");
    CHECK(bodies(other.take(2)) == "all=a poller.box.5.1=c ");
  });
}

TEST_CASE("fleet: answers come to whoever asked, and to the question that was asked last") {
  at_rabbit([](Place& place) {
    Member member(place, "box4", "1");
    auto fleet = open(place), another = open(place);
    REQUIRE(fleet->ask({{kToAll, "first"}}));
    REQUIRE(fleet->ask({{kToAll, "second"}}));
    for (const auto& request : member.take(2)) member.link().answer(request, request.body);
    const auto answers = fleet->answers(10s);
    REQUIRE(answers);
    CHECK(*answers == std::vector<std::string>{"second"});
    CHECK(another->answers(0ms)->empty());
  });
}

TEST_CASE("fleet: an answer goes into no work queue, whoever asks for that") {
  at_rabbit([](Place& place) {
    Member member(place, "box4", "1");
    for (const auto& to :
         {place.config().application + ".high", std::string("high"), std::string()})
      member.link().answer({kToAll, "{}", to, "1"}, "{}");
    member.link().say_hello("{}");
    member.link().sign_roster("mark");
    // The roster's entry was sent behind them.
    auto fleet = open(place);
    for (auto roster = fleet->roster(); roster && roster->empty(); roster = fleet->roster())
      member.turn();
    CHECK(ready(place, "high") == 0);
  });
}

TEST_CASE("fleet: the roster is read whole, again and again, by several at once") {
  at_rabbit([](Place& place) {
    Member member(place, "box4", "1");
    for (int i = 0; i < 500; ++i) member.link().sign_roster(std::to_string(i));
    auto fleet = open(place);
    for (auto roster = fleet->roster(); roster && roster->size() < 500; roster = fleet->roster())
      member.turn();
    std::vector<std::thread> readers;
    std::mutex mutex;
    std::vector<std::string> read;
    for (int i = 0; i < 4; ++i)
      readers.emplace_back([&] {
        auto own = open_fleet(place.config(), "broker_tests", 10s);
        for (int time = 0; own && time < 3; ++time) {
          const auto roster = (*own)->roster();
          const std::lock_guard lock(mutex);
          read.push_back(roster ? std::to_string(roster->size()) : roster.error().text);
        }
      });
    for (auto& reader : readers) reader.join();
    CHECK(read == std::vector<std::string>(12, "500"));
  });
}

TEST_CASE("fleet: what is too long is not read") {
  at_rabbit([](Place& place) {
    Member member(place, "box4", "1");
    auto fleet = open(place);
    REQUIRE(fleet->ask({{kToAll, std::string(100'000, 'x')}, {kToAll, "short"}}));
    CHECK(member.take(1)[0].body == "short");
  });
}

TEST_CASE("fleet: a broker over which pollers can't be reached is refused with a sentence") {
  everywhere([](Place& place) {
    if (place.name() == "classic" || place.name() == "quorum") return;
    const auto fleet = open_fleet(place.config(), "broker_tests", 10s);
    REQUIRE_FALSE(fleet);
    CHECK(fleet.error().text.find("over RabbitMQ only") != std::string::npos);
  });
}

}  // namespace actiond::test
