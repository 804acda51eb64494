// How a poller looks through a ring in memcached, and what it leaves behind.
#include <functional>

#include "broker/memcached/ring_view.hpp"
#include "rings.hpp"

namespace actiond::test {
namespace {

// 5,000 slots that are empty, but that another one has two of them in hand.
class LongRing {
 public:
  explicit LongRing(const std::string& url) : place_(url), rings_(place_.open()) {
    REQUIRE(rings_->add_queue(queue_));
    const mc::Command commands[] = {
        mc::increment(rings_->key(queue_, "tail"), 5'000), mc::add(rings_->owner_key("2"), "x"),
        mc::add(rings_->claim_key(queue_, 1), "2"), mc::add(rings_->claim_key(queue_, 2'500), "2")};
    REQUIRE(rings_->connection().run(commands));
    REQUIRE(view_.update(ends()));
    CHECK(take().empty());
  }
  std::vector<std::int64_t> take() {
    std::vector<StoredClaim> taken;
    while (view_.may_have_more(mc::now_ms())) REQUIRE(view_.take(100, taken));
    std::vector<std::int64_t> slots;
    for (const auto& each : taken) slots.push_back(each.seq);
    return slots;
  }
  // All that are empty. Returns in how many turns.
  int pass_over() {
    now_ms_ += 2 * mc::kHoleAge.count();
    return in_parts([this] { return view_.look_again(now_ms_); });
  }
  void finish(std::uint64_t slot) {
    std::vector<mc::Command> commands;
    rings_->finish(queue_, slot, commands);
    REQUIRE(rings_->connection().run(commands));
    for (int i = 0; i < 2; ++i) pass_over();  // which first notices it
  }
  void fill(std::uint64_t slot) {
    REQUIRE(rings_->connection().run(
        mc::set(rings_->event_key(queue_, slot), mc::encode_slot(1, event("work")))));
  }
  int advance() {
    return in_parts([this] { return view_.advance(); });
  }
  std::uint64_t head() { return ends().head; }

 private:
  mc::Rings::Ends ends() {
    const auto ends = rings_->ends(std::span(&queue_, 1));
    REQUIRE(ends);
    return ends->front();
  }
  long gets() {
    const auto told = rings_->connection().run(mc::statistics());
    REQUIRE(told);
    for (const auto& item : told->items)
      if (item.key == "cmd_get") return std::stol(item.value);
    return 0;
  }
  // None asks for many more slots than its share.
  int in_parts(const std::function<Result<void>()>& turn) {
    int turns = 0;
    do {
      const auto before = gets();
      REQUIRE(turn());
      CHECK(gets() - before < 1'100);
      ++turns;
    } while (view_.next_change_ms() <= now_ms_ && turns < 100);
    return turns;
  }

  const Ring place_;
  const std::unique_ptr<mc::Rings> rings_;
  const std::string queue_ = "low";
  RingView view_{*rings_, queue_, "1"};
  std::int64_t now_ms_ = mc::now_ms();
};

}  // namespace

TEST_CASE("memcached: a slot that its producer never filled holds up nothing") {
  if (!has_memcached()) SKIP_TEST("ACTION_TEST_MEMCACHED names no server");
  const OwnServer server("--option=-M");
  const Ring place(server.url());
  const auto rings = place.open();
  REQUIRE(rings->add_queue("low"));
  REQUIRE(rings->connection().run(mc::increment(rings->key("low", "tail"), 3)));
  enqueue(place, "low", {event("behind")});
  Consumer consumer(place);
  consumer.acknowledge(consumer.take(1).front());
  const std::string queue = "low";
  consumer.until([&] {
    const auto ends = rings->ends(std::span(&queue, 1));
    REQUIRE(ends);
    return ends->front().head == 5;
  });
}

TEST_CASE("memcached: what was finished behind a later event is looked through bit by bit") {
  if (!has_memcached()) SKIP_TEST("ACTION_TEST_MEMCACHED names no server");
  const OwnServer server("--option=-M");
  const Ring place(server.url());
  const auto rings = place.open();
  const std::string queue = "low";
  REQUIRE(rings->add_queue(queue));
  const Message message = event("work");
  const mc::NewSlot later{queue, &message, 3'600'000}, now{queue, &message};
  REQUIRE(rings->put({&later, 1}));
  REQUIRE(rings->connection().run(mc::increment(rings->key(queue, "tail"), 5'000)));
  REQUIRE(rings->put({&now, 1}));
  RingView view(*rings, queue, "1");
  const auto ends = rings->ends(std::span(&queue, 1));
  REQUIRE(ends);
  REQUIRE(view.update(ends->front()));
  std::vector<StoredClaim> taken;
  int turns = 0;
  for (; taken.empty() && view.may_have_more(mc::now_ms()); ++turns) REQUIRE(view.take(100, taken));
  CHECK(taken.size() == 1);
  CHECK(turns >= 5);  // between which it says that it is alive
}

TEST_CASE(
    "memcached: the head goes over what was finished bit by bit, and what comes late is found") {
  if (!has_memcached()) SKIP_TEST("ACTION_TEST_MEMCACHED names no server");
  const OwnServer server("--option=-M");
  LongRing ring(server.url());
  CHECK(ring.pass_over() >= 5);
  ring.finish(1);
  CHECK(ring.advance() >= 3);
  CHECK(ring.head() == 2'500);
  ring.fill(3'000);  // by its producer, which was slow
  ring.finish(2'500);
  CHECK(ring.advance() >= 3);
  CHECK(ring.head() == 5'001);
  CHECK(ring.take() == std::vector<std::int64_t>{3'000});
}

}  // namespace actiond::test
