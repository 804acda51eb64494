#include "wire/frames.hpp"

#include <doctest/doctest.h>

using namespace actiond;

namespace {

std::string payload_of(const std::string& frame) {
  return frame.substr(5);
}

template <typename T>
std::string encoded(const T& frame) {
  std::string out;
  encode(out, frame);
  return payload_of(out);
}

RunFrame some_run() {
  RunFrame run;
  run.number = 12345678901;
  run.attempt = 3;
  run.enqueued_at_ms = -1;
  run.event = "send_email";
  run.id = "id";
  run.queue = "high";
  run.params = R"({"a":"b"})";
  run.attempts = 5;
  run.is_dead = 1;
  run.reason = "why";
  return run;
}

}  // namespace

TEST_CASE("frames: a run comes back as it was sent") {
  const std::string payload = encoded(some_run());
  const auto run = decode<RunFrame>(payload);
  REQUIRE(run);
  CHECK(run->number == 12345678901);
  CHECK(run->attempt == 3);
  CHECK(run->enqueued_at_ms == -1);
  CHECK(run->event == "send_email");
  CHECK(run->id == "id");
  CHECK(run->queue == "high");
  CHECK(run->params == R"({"a":"b"})");
  CHECK(run->attempts == 5);
  CHECK(run->is_dead == 1);
  CHECK(run->reason == "why");
}

TEST_CASE("frames: an outcome comes back as it was sent") {
  const std::string payload =
      encoded(OutcomeFrame{7, Ending::Snoozed, 5000, 123456789, "why", 90000});
  const auto outcome = decode<OutcomeFrame>(payload);
  REQUIRE(outcome);
  CHECK(outcome->number == 7);
  CHECK(outcome->ending == Ending::Snoozed);
  CHECK(outcome->snooze_ms == 5000);
  CHECK(outcome->duration_ns == 123456789);
  CHECK(outcome->reason == "why");
  CHECK(outcome->retry_ms == 90000);
}

TEST_CASE("frames: a queued event comes back as it was sent") {
  const std::string payload =
      encoded(QueueFrame{7, 31536000000000, "send_email", "id", "high", "{}", 60000});
  const auto queued = decode<QueueFrame>(payload);
  REQUIRE(queued);
  CHECK(queued->number == 7);
  CHECK(queued->delay_ms == 31536000000000);
  CHECK(queued->event == "send_email");
  CHECK(queued->id == "id");
  CHECK(queued->queue == "high");
  CHECK(queued->params == "{}");
  CHECK(queued->expires_ms == 60000);
}

TEST_CASE("frames: a payload cut anywhere is not a frame") {
  const std::string run = encoded(some_run());
  for (std::size_t size = 0; size < run.size(); ++size)
    CHECK_FALSE(decode<RunFrame>(run.substr(0, size)));
  const std::string outcome = encoded(OutcomeFrame{1, Ending::Done, 0, 0, "reason"});
  for (std::size_t size = 0; size < outcome.size(); ++size)
    CHECK_FALSE(decode<OutcomeFrame>(outcome.substr(0, size)));
  const std::string queued = encoded(QueueFrame{1, 2, "event", "id", "high", "{}"});
  for (std::size_t size = 0; size < queued.size(); ++size)
    CHECK_FALSE(decode<QueueFrame>(queued.substr(0, size)));
}

TEST_CASE("frames: a runner can't claim an ending that only the poller can see") {
  for (int value = 0; value < 256; ++value) {
    std::string payload = encoded(OutcomeFrame{1, Ending::Done, 0, 0, ""});
    payload[8] = static_cast<char>(value);
    CHECK(decode<OutcomeFrame>(payload).has_value() ==
          (value <= static_cast<int>(Ending::NotStarted)));
  }
}

TEST_CASE("frames: every ending has a word") {
  for (int value = 0; value < kEndings; ++value)
    CHECK(std::string(name(static_cast<Ending>(value))) != "?");
}
