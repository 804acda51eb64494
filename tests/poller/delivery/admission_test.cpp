#include "poller/delivery/admission.hpp"

#include <doctest/doctest.h>

using namespace actiond;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kNow_ms = 1'800'000'000'000;

Delivery delivery_of(const std::string& event, std::int64_t due_at_ms = 0) {
  Delivery delivery;
  delivery.message.event = event;
  delivery.message.trail.due_at_ms = due_at_ms;
  return delivery;
}

const EventPolicy kKnown{"high", 10s, 3, "mail.so"};
const EventPolicy kUnknown{};

}  // namespace

TEST_CASE("admission: what is due, known and an event can run") {
  CHECK_FALSE(ends_without_run(delivery_of("mail"), kKnown, kNow_ms));
  CHECK_FALSE(ends_without_run(delivery_of("mail", kNow_ms - 1), kKnown, kNow_ms));
  // Clocks differ.
  CHECK_FALSE(ends_without_run(delivery_of("mail", kNow_ms + 59'000), kKnown, kNow_ms));
}

TEST_CASE("admission: what came early goes on for the rest of its time, known or not") {
  for (const auto& policy : {kKnown, kUnknown}) {
    const auto outcome = ends_without_run(delivery_of("mail", kNow_ms + 120'000), policy, kNow_ms);
    REQUIRE(outcome);
    CHECK(outcome->ending == Ending::Snoozed);
    CHECK(outcome->snooze == 2min);
  }
}

TEST_CASE("admission: what the broker lets go too soon waits for the rest of its delay, once") {
  const struct {
    std::int64_t early_ms;
    bool was_early;  // it was sent back before
    bool is_to_wait;
  } rows[] = {{-1, false, false},
              {1000, false, false},
              {1001, false, true},
              {1001, true, false},
              {90'000, false, true}};
  for (const auto& row : rows) {
    CAPTURE(row.early_ms);
    Delivery delivery = delivery_of("mail");
    delivery.message.trail.delayed_until_ms = kNow_ms + row.early_ms;
    delivery.message.trail.is_early = row.was_early;
    const auto outcome = ends_without_run(delivery, kKnown, kNow_ms);
    REQUIRE(outcome.has_value() == row.is_to_wait);
    if (!outcome) continue;
    CHECK(outcome->ending == Ending::Snoozed);
    CHECK(outcome->snooze == std::chrono::milliseconds(row.early_ms));
    CHECK(outcome->reason == "came before its time");
  }
  CHECK_FALSE(ends_without_run(delivery_of("mail"), kKnown, kNow_ms));
}

TEST_CASE("admission: no name is no event, a name that nobody provides an unknown one") {
  CHECK(ends_without_run(delivery_of(""), kKnown, kNow_ms)->ending == Ending::Malformed);
  const auto unknown = ends_without_run(delivery_of("mail"), kUnknown, kNow_ms);
  CHECK(unknown->ending == Ending::Unknown);
  CHECK(unknown->reason == "no plugin provides the event 'mail'");
}
