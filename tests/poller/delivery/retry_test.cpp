#include "poller/delivery/retry.hpp"

#include <doctest/doctest.h>

#include "poller/delivery/judge.hpp"

using namespace actiond;
using namespace std::chrono_literals;

namespace {

constexpr double kMiddle = 0.5;

}  // namespace

TEST_CASE("retry: the waits grow by the factor, up to the longest") {
  const RetryPolicy policy;
  const std::pair<int, std::chrono::milliseconds> table[] = {
      {1, 1s}, {2, 2s}, {3, 4s}, {10, 512s}, {12, 2048s}, {13, 1h}, {20, 1h}, {1000000, 1h}};
  for (const auto& row : table) {
    CAPTURE(row.first);
    CHECK(retry_wait(policy, row.first, kMiddle) == row.second);
  }
}

TEST_CASE("retry: jitter spreads the waits by its share, to both sides") {
  RetryPolicy policy;
  policy.jitter = 0.2;
  CHECK(retry_wait(policy, 4, 0) == 6400ms);
  CHECK(retry_wait(policy, 4, 0.999999) == 9600ms);
  policy.jitter = 0;
  CHECK(retry_wait(policy, 4, 0) == 8s);
}

TEST_CASE("retry: a factor of 1 waits the same each time, and no wait is less than 1 ms") {
  RetryPolicy policy{5, 10s, 1, 1h, 0};
  CHECK(retry_wait(policy, 5, kMiddle) == 10s);
  policy.initial = 1ms;
  policy.jitter = 1;
  CHECK(retry_wait(policy, 1, 0) == 1ms);
}

TEST_CASE("retry: an unknown event is offered after 1 s, doubling to 1 min") {
  auto unknown_for = 0ms;
  std::vector<std::chrono::milliseconds> waits;
  for (int i = 0; i < 9; ++i) {
    waits.push_back(offer_wait(unknown_for));
    unknown_for += waits.back();
  }
  CHECK(waits == std::vector<std::chrono::milliseconds>{1s, 1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s});
}

namespace {

struct Court {
  Config config;
  Judge judge{config};
  Delivery delivery;

  explicit Court(Ending ending, int attempt = 1, int attempts = 3) {
    config.retry.jitter = 0;
    delivery.outcome.ending = ending;
    delivery.message.trail.attempt = attempt;
    delivery.attempts = attempts;
  }
  Verdict verdict(std::int64_t now_ms = 1'800'000'000'000) { return judge(delivery, now_ms); }
};

}  // namespace

TEST_CASE("judge: a failure waits for its next attempt, the last one is dead") {
  CHECK(Court(Ending::Failed, 2).verdict().settlement == Settlement::Retry);
  CHECK(Court(Ending::Failed, 2).verdict().delay == 2s);
  CHECK(Court(Ending::Crashed, 3).verdict().settlement == Settlement::DeadLetter);
  CHECK(Court(Ending::TimedOut, 7).verdict().settlement == Settlement::DeadLetter);
}

TEST_CASE("judge: an unknown event is offered until its time is over") {
  Court court(Ending::Unknown, 9, 1);
  CHECK(court.verdict().delay == 1s);
  court.delivery.message.trail.unknown_since_ms = 1'800'000'000'000 - 10'000;
  CHECK(court.verdict().delay == 10s);
  court.config.unknown_event_ttl = 10s;
  CHECK(court.verdict().settlement == Settlement::DeadLetter);
}

TEST_CASE("judge: a time that only a wrong clock can have noted kills no event") {
  for (const std::int64_t since_ms : {1LL, 1'577'836'799'999LL, 1'800'000'000'001LL}) {
    CAPTURE(since_ms);
    CHECK(believable_since(since_ms, 1'800'000'000'000) == 0);
    Court court(Ending::Unknown, 9, 1);
    court.delivery.message.trail.unknown_since_ms = since_ms;
    CHECK(court.verdict().settlement == Settlement::Delay);
    CHECK(court.verdict().delay == 1s);
  }
  CHECK(believable_since(1'577'836'800'000, 1'800'000'000'000) == 1'577'836'800'000);
}

TEST_CASE("judge: a snooze lasts as long as the handler said") {
  Court court(Ending::Snoozed, 3, 3);
  court.delivery.outcome.snooze = 5min;
  CHECK(court.verdict().settlement == Settlement::Delay);
  CHECK(court.verdict().delay == 5min);
}
