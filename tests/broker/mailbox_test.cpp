// What wakes the thread that speaks to a database, and what waits for more.
#include "broker/store/mailbox.hpp"

#include <doctest/doctest.h>

#include "broker/store/look_pace.hpp"

using namespace actiond;
using namespace std::chrono_literals;

namespace {

// Two queues; the higher one first.
std::unique_ptr<Mailbox> mailbox_with(int high, int low) {
  auto mailbox = Mailbox::open(2);
  REQUIRE(mailbox);
  (*mailbox)->consume(0, high);
  (*mailbox)->consume(1, low);
  return std::move(*mailbox);
}

// As if the thread had looked, and found nothing more in either.
void find_nothing(Mailbox& mailbox) {
  auto [orders, holds] = mailbox.take_orders();
  for (auto& hold : holds) hold.may_have_more = false;
  mailbox.tell({}, holds);
}

// As if so many had come from a queue, and there were more.
void deliver(Mailbox& mailbox, QueueIndex queue, int count) {
  auto [orders, holds] = mailbox.take_orders();
  holds[queue].may_have_more = true;
  News news;
  for (int i = 0; i < count; ++i) news.arrived.push_back({queue, {}});
  mailbox.tell(std::move(news), holds);
}

void acknowledge(Mailbox& mailbox, QueueIndex queue, int count) {
  Orders orders;
  for (int i = 0; i < count; ++i) orders.acknowledged.push_back({queue, i, Handled::Done});
  mailbox.give(orders);
  CHECK(orders.is_empty());
}

constexpr auto kNever = MonotonicTime::max();
bool is_due_at_once(Mailbox& mailbox) {
  return mailbox.sleep_until(kNever, kNever) == MonotonicTime();
}

}  // namespace

TEST_CASE("mailbox: while nothing is to do the thread sleeps until its next look or tick") {
  auto mailbox = mailbox_with(10, 10);
  find_nothing(*mailbox);
  const auto now = monotonic_now();
  CHECK(mailbox->sleep_until(now + 1s, now + 5s) == now + 1s);
  mailbox->consume(0, 0);
  mailbox->consume(1, 0);
  CHECK(mailbox->sleep_until(now + 1s, now + 5s) == now + 5s);  // nothing is wanted
}

TEST_CASE("mailbox: acknowledgements wait a moment for others, until half of the hold is settled") {
  auto mailbox = mailbox_with(10, 0);
  deliver(*mailbox, 0, 10);
  CHECK(mailbox->sleep_until(kNever, kNever) == kNever);
  const auto before = monotonic_now();
  acknowledge(*mailbox, 0, 1);
  const auto due = mailbox->sleep_until(kNever, kNever);
  CHECK(due > before);
  CHECK(due < before + 1s);
  acknowledge(*mailbox, 0, 5);
  CHECK(is_due_at_once(*mailbox));
}

TEST_CASE("mailbox: a lower queue's thirst waits while the higher one has more") {
  auto mailbox = mailbox_with(10, 10);
  auto [orders, holds] = mailbox->take_orders();
  News news;
  for (int i = 0; i < 10; ++i) news.arrived.push_back({0, {}});
  mailbox->tell(std::move(news), holds);
  CHECK_FALSE(is_due_at_once(*mailbox));
}

TEST_CASE("mailbox: what somebody waits for is done at once") {
  auto mailbox = mailbox_with(10, 10);
  find_nothing(*mailbox);
  Orders orders;
  SUBCASE("a publication") {
    orders.stored.push_back({1, "high", 0, {}});
  }
  SUBCASE("an event that is given back") {
    orders.given_back.push_back({0, 7});
  }
  SUBCASE("a probe") {
    mailbox->probe(1);
  }
  SUBCASE("the end") {
    mailbox->close();
  }
  mailbox->give(orders);
  CHECK(is_due_at_once(*mailbox));
}

TEST_CASE("mailbox: a probe is asked until it is answered") {
  auto mailbox = mailbox_with(10, 10);
  mailbox->probe(0);
  auto holds = mailbox->take_orders().second;
  CHECK(holds[0].is_probed);
  for (auto& hold : holds) hold.may_have_more = false;
  News news;
  news.proven_empty.push_back(0);
  mailbox->tell(std::move(news), holds);
  CHECK(mailbox->take_news().proven_empty == std::vector<QueueIndex>{0});
  CHECK_FALSE(is_due_at_once(*mailbox));
}

TEST_CASE("look pace: waits grow from 10 to 250 ms while nothing comes, and begin anew") {
  LookPace pace;
  const auto first = pace.found_nothing();
  CHECK(first >= 8ms);
  CHECK(first <= 10ms);
  for (int i = 0; i < 50; ++i) (void)pace.found_nothing();
  const auto last = pace.found_nothing();
  CHECK(last >= 230ms);
  CHECK(last <= 260ms);
  pace.found();
  CHECK(pace.found_nothing() <= 10ms);
}
