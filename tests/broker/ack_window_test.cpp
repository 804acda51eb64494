#include "broker/rabbitmq/ack_window.hpp"

#include <doctest/doctest.h>

#include <random>
#include <set>

using namespace actiond;
using Acks = std::vector<AckWindow::Ack>;

namespace {

AckWindow window_with(int deliveries) {
  AckWindow window;
  for (int tag = 1; tag <= deliveries; ++tag) window.delivered(static_cast<std::uint64_t>(tag));
  return window;
}

Acks acks_of(AckWindow& window) {
  Acks acks;
  window.take_acks(acks);
  return acks;
}

}  // namespace

TEST_CASE("ack window: a contiguous run travels as one") {
  AckWindow window = window_with(5);
  for (std::uint64_t tag : {1, 2, 3}) window.acknowledge(tag);
  CHECK(acks_of(window) == Acks{{3, true}});
  CHECK(window.unsettled() == 2);
  CHECK(acks_of(window).empty());
}

TEST_CASE("ack window: what is in hand is known by its id, among those that came before a tag") {
  AckWindow window;
  for (std::uint64_t tag = 1; tag <= 4; ++tag) {
    window.delivered(tag);
    window.know(tag * 10);
  }
  CHECK(window.last() == 4);
  window.acknowledge(1);
  window.forget(2);
  CHECK_FALSE(window.holds(10, 4));
  CHECK_FALSE(window.holds(20, 4));
  CHECK(window.holds(30, 3));
  CHECK_FALSE(window.holds(40, 3));
  CHECK_FALSE(window.holds(50, 4));
  acks_of(window);
  CHECK(window.holds(40, 4));
}

TEST_CASE("ack window: what lies behind an unsettled one travels alone, once") {
  AckWindow window = window_with(4);
  for (std::uint64_t tag : {1, 3, 4}) window.acknowledge(tag);
  CHECK(acks_of(window) == Acks{{1, true}, {3, false}, {4, false}});
  window.acknowledge(2);
  CHECK(acks_of(window) == Acks{{2, true}});
}

TEST_CASE("ack window: a multiple one ends at a tag that is still open at the broker") {
  AckWindow window = window_with(3);
  window.acknowledge(1);
  window.forget(2);  // given back: an acknowledgement of it would be refused
  CHECK(acks_of(window) == Acks{{1, true}});
  window.forget(3);
  CHECK(acks_of(window).empty());
}

namespace {

// The broker's side: which tags are open, and what an acknowledgement closes.
struct Model {
  std::set<std::uint64_t> open;
  void apply(const AckWindow::Ack& ack, const std::set<std::uint64_t>& unsettled) {
    REQUIRE(open.count(ack.tag) == 1);  // else the broker closes the channel with 406
    for (auto tag = open.begin(); tag != open.end() && *tag <= ack.tag;) {
      if (!ack.multiple && *tag != ack.tag) {
        ++tag;
        continue;
      }
      CHECK(unsettled.count(*tag) == 0);
      tag = open.erase(tag);
    }
  }
};

}  // namespace

TEST_CASE("ack window: in any order, everything settled is closed at the broker and nothing else") {
  std::minstd_rand random(7);
  for (int round = 0; round < 200; ++round) {
    AckWindow window;
    Model model;
    std::set<std::uint64_t> unsettled;
    std::uint64_t last = 0;
    for (int step = 0; step < 200; ++step) {
      const auto choice = random() % 4;
      if (choice == 0 || unsettled.empty()) {
        window.delivered(++last);
        model.open.insert(last);
        unsettled.insert(last);
        continue;
      }
      const auto tag =
          *std::next(unsettled.begin(), static_cast<long>(random() % unsettled.size()));
      if (choice == 3) {
        for (const auto& ack : acks_of(window)) model.apply(ack, unsettled);
        CHECK(model.open == unsettled);
      } else {
        unsettled.erase(tag);
        if (choice == 1) window.acknowledge(tag);
        if (choice == 2) window.forget(tag), model.open.erase(tag);
      }
    }
  }
}
