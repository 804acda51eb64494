#include "poller/delivery/admission.hpp"

#include <doctest/doctest.h>

#include "wire/frame.hpp"

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

TEST_CASE("admission: what no runner could read is malformed, known or not") {
  Delivery delivery = delivery_of("mail");
  delivery.message.body.assign(kMaxParamsBytes, 'x');
  CHECK_FALSE(ends_without_run(delivery, kKnown, kNow_ms));
  delivery.message.body += 'x';
  for (const auto& policy : {kKnown, kUnknown}) {
    const auto outcome = ends_without_run(delivery, policy, kNow_ms);
    REQUIRE(outcome);
    CHECK(outcome->ending == Ending::Malformed);
    CHECK(outcome->reason ==
          "its params have 200278017 bytes, and at most 200278016 can be handed to a runner");
  }
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
  for (const char* name : {"Mail", "a/b", "../../x",
                           "t\xc3\xaf"
                           "ck",
                           "tick;rm"}) {
    CAPTURE(name);
    const auto ended = ends_without_run(delivery_of(name), kUnknown, kNow_ms);
    REQUIRE(ended);
    CHECK(ended->ending == Ending::Malformed);
    CHECK(ended->reason.find("can't be the name of an event") != std::string::npos);
  }
  const auto unknown = ends_without_run(delivery_of("mail"), kUnknown, kNow_ms);
  CHECK(unknown->ending == Ending::Unknown);
  CHECK(unknown->reason == "no plugin provides the event 'mail'");
}

TEST_CASE("admission: a body that is no JSON object is malformed, whoever knows the event") {
  auto delivery = delivery_of("mail");
  for (const char* body : {"not json", "[1]", "{\"a\": 1", "7"}) {
    CAPTURE(body);
    delivery.message.body = body;
    const auto ended = ends_without_run(delivery, kUnknown, kNow_ms);
    CHECK(ended->ending == Ending::Malformed);
    CHECK(ended->reason.starts_with("its body is not a JSON object: it "));
    CHECK(!ends_without_run(delivery, kKnown, kNow_ms));
  }
  for (const char* body : {"", "{}", " {\"a\": [1]}", "\xef\xbb\xbf{}"}) {
    delivery.message.body = body;
    CHECK(ends_without_run(delivery, kUnknown, kNow_ms)->ending == Ending::Unknown);
  }
}

TEST_CASE("admission: an event that expires is not started after that, known or not") {
  const struct {
    std::int64_t expires_in_ms;
    bool has_expired;
  } rows[] = {{1, false}, {0, true}, {-1, true}, {-90'000, true}};
  for (const auto& policy : {kKnown, kUnknown})
    for (const auto& row : rows) {
      CAPTURE(row.expires_in_ms);
      Delivery delivery = delivery_of("mail");
      delivery.message.trail.expires_at_ms = kNow_ms + row.expires_in_ms;
      const auto outcome = ends_without_run(delivery, policy, kNow_ms);
      CHECK((outcome && outcome->ending == Ending::Expired) == row.has_expired);
    }
  Delivery old = delivery_of("mail");
  old.message.trail.expires_at_ms = kNow_ms - 90'000;
  CHECK(ends_without_run(old, kKnown, kNow_ms)->reason == "it expired 1m30s before it could begin");
}

TEST_CASE("admission: what says nothing expires as its policy says, from when it was to run") {
  EventPolicy policy = kKnown;
  policy.expires = 10s;
  const auto expiry_of = [&](std::int64_t queued_at_ms, std::int64_t delayed_until_ms,
                             std::int64_t expires_at_ms) {
    Message message;
    message.trail.queued_at_ms = queued_at_ms;
    message.trail.delayed_until_ms = delayed_until_ms;
    message.trail.expires_at_ms = expires_at_ms;
    return expiry(message, policy);
  };
  CHECK(expiry_of(kNow_ms, 0, 0) == kNow_ms + 10'000);
  CHECK(expiry_of(kNow_ms, kNow_ms + 5'000, 0) == kNow_ms + 15'000);
  CHECK(expiry_of(kNow_ms, 0, kNow_ms + 1) == kNow_ms + 1);  // it says so itself
  CHECK(expiry_of(0, 0, 0) == 0);                            // nobody told when it was queued
  policy.expires = 0s;
  CHECK(expiry_of(kNow_ms, 0, 0) == 0);
}
