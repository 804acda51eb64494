#include <doctest/doctest.h>

#include <action/testing.hpp>
#include <chrono>
#include <limits>

using action::testing::Outcome;
using action::testing::run;
using namespace std::chrono_literals;

namespace {

// Throws what a test wants thrown.
void (*thrower)() = nullptr;

class ThrowingEvent : public action::Event {
 public:
  void process() override { thrower(); }
};

action::testing::Ran ran_throwing(void (*what)()) {
  thrower = what;
  return run<ThrowingEvent>();
}

struct SilentError : std::exception {
  const char* what() const noexcept override { return ""; }
};

struct NullError : std::exception {
  const char* what() const noexcept override { return nullptr; }
};

template <class Duration>
std::chrono::milliseconds snoozed_for(Duration delay) {
  return action::Snooze(delay).delay();
}

}  // namespace

TEST_CASE("outcome: an event that returns is done") {
  const auto ran = ran_throwing([] {});
  CHECK(ran.outcome == Outcome::Done);
  CHECK(ran.reason.empty());
}

TEST_CASE("outcome: a std::exception fails the attempt with its what()") {
  const auto ran = ran_throwing([] { throw std::runtime_error("no route to host"); });
  CHECK(ran.outcome == Outcome::Failed);
  CHECK(ran.reason == "no route to host");
}

TEST_CASE("outcome: an exception that says nothing is called by its type") {
  CHECK(ran_throwing([] { throw SilentError(); }).reason.find("SilentError") != std::string::npos);
  CHECK(ran_throwing([] { throw NullError(); }).reason.find("NullError") != std::string::npos);
}

TEST_CASE("outcome: what is no std::exception fails the attempt and is named") {
  const auto ran = ran_throwing([] { throw 42; });
  CHECK(ran.outcome == Outcome::Failed);
  CHECK(ran.reason == "threw something that is not a std::exception: int");
}

TEST_CASE("outcome: Discard discards, with its reason") {
  const auto ran = ran_throwing([] { throw action::Discard("no such account"); });
  CHECK(ran.outcome == Outcome::Discarded);
  CHECK(ran.reason == "no such account");
}

TEST_CASE("outcome: Snooze snoozes, with a reason if it has one") {
  const auto ran = ran_throwing([] { throw action::Snooze(5min); });
  CHECK(ran.outcome == Outcome::Snoozed);
  CHECK(ran.snooze == 5min);
  CHECK(ran.reason.empty());
  CHECK(ran_throwing([] { throw action::Snooze(1s, "busy"); }).reason == "busy");
}

TEST_CASE("outcome: a snooze is at least a millisecond and never overflows") {
  CHECK(snoozed_for(0s) == 1ms);
  CHECK(snoozed_for(-1h) == 1ms);
  CHECK(snoozed_for(1ns) == 1ms);
  CHECK(snoozed_for(1500us) == 2ms);
  CHECK(snoozed_for(std::chrono::hours::max()) == std::chrono::milliseconds::max());
  CHECK(snoozed_for(std::chrono::duration<double>(0.25)) == 250ms);
  CHECK(snoozed_for(std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN())) ==
        1ms);
}

TEST_CASE("outcome: a constructor that throws fails the attempt") {
  struct UnmadeEvent : action::Event {
    UnmadeEvent() { throw std::runtime_error("can't be made"); }
    void process() override {}
  };
  const auto ran = run<UnmadeEvent>();
  CHECK(ran.outcome == Outcome::Failed);
  CHECK(ran.reason == "can't be made");
}

TEST_CASE("outcome: parameters that are no JSON fail the attempt") {
  struct ReadingEvent : action::Event {
    void process() override { (void)params(); }
  };
  const action_run broken{sizeof(action_run), 1, "reading", "id", "q", "{", 1, 0, 1, 0, nullptr, 0};
  CHECK(action::detail::run_event<ReadingEvent>(nullptr, nullptr, &broken) == ACTION_FAILED);
}
