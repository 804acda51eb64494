#include <doctest/doctest.h>

#include <action/testing.hpp>
#include <chrono>
#include <functional>

using action::testing::Outcome;
using action::testing::run;
using namespace std::chrono_literals;

namespace {

// Lets a test look at a running event.
std::function<void(action::Event&)> look;

class LookedAtEvent : public action::Event {
 public:
  void process() override { look(*this); }
};
ACTION_EVENT(LookedAtEvent)

class PlainEvent : public action::Event {
 public:
  void process() override {}
};

class OptionsBaseEvent : public action::Event {
 public:
  static constexpr action::Options options{.queue = "high", .attempts = 5, .timeout = 30s};
  void process() override {}
};
class InheritingEvent : public OptionsBaseEvent {};
class OverridingEvent : public OptionsBaseEvent {
 public:
  static constexpr action::Options options{.timeout = 90ms};
};

}  // namespace

TEST_CASE("event: knows its name, id, queue, attempt and time") {
  const auto noon = std::chrono::system_clock::time_point(43200s);
  look = [&](action::Event& event) {
    CHECK(event.name() == "looked_at");
    CHECK(event.id() == "42");
    CHECK(event.queue() == "low");
    CHECK(event.attempt() == 3);
    CHECK(event.enqueued_at() == noon);
    CHECK(event.cancelled());
  };
  const auto ran =
      run("looked_at", {},
          {.attempt = 3, .queue = "low", .id = "42", .enqueued_at = noon, .cancelled = true});
  CHECK(ran.outcome == Outcome::Done);
}

TEST_CASE("event: one that nobody runs has empty fields and no parameters") {
  PlainEvent event;
  CHECK(event.id().empty());
  CHECK(event.attempt() == 0);
  CHECK(event.params().empty());
  CHECK_FALSE(event.cancelled());
  CHECK(event.config("key").is_null());
}

TEST_CASE("event: params are an object, and a missing key is null") {
  look = [](action::Event& event) {
    CHECK(event.params().is_object());
    CHECK(event.params()["missing"].is_null());
    CHECK_THROWS((void)event.params().at("missing_as_well"));
  };
  CHECK(run<LookedAtEvent>().outcome == Outcome::Done);
}

TEST_CASE("event: its constructor can read the parameters") {
  struct EarlyEvent : action::Event {
    EarlyEvent() : to(params().value("to", "")) {}
    void process() override { log("to {}", to); }
    std::string to;
  };
  CHECK(run<EarlyEvent>({{"to", "ada"}}).logged.at(0).text == "to ada");
}

TEST_CASE("event: logs at the level it says, else as info") {
  look = [](action::Event& event) {
    event.log("{} and {}", 1, "two");
    event.log(action::Level::Warning, "careful");
    action::log(action::Level::Error, "from {}", "outside");
  };
  const auto ran = run<LookedAtEvent>();
  REQUIRE(ran.logged.size() == 3);
  CHECK(ran.logged[0].text == "1 and two");
  CHECK(ran.logged[0].level == action::Level::Info);
  CHECK(ran.logged[1].level == action::Level::Warning);
  CHECK(ran.logged[2].level == action::Level::Error);
  CHECK(ran.logged[2].text == "from outside");
}

TEST_CASE("event: options are inherited unless declared again, then as a whole") {
  using action::detail::make_event;
  CHECK(make_event<PlainEvent>("e").queue == nullptr);
  CHECK(make_event<PlainEvent>("e").attempts == 0);
  CHECK(make_event<PlainEvent>("e").timeout_ms == 0);
  CHECK(std::string(make_event<InheritingEvent>("e").queue) == "high");
  CHECK(make_event<InheritingEvent>("e").attempts == 5);
  CHECK(make_event<InheritingEvent>("e").timeout_ms == 30000);
  CHECK(make_event<OverridingEvent>("e").queue == nullptr);
  CHECK(make_event<OverridingEvent>("e").timeout_ms == 90);
}

TEST_CASE("testing: an event runs in the queue that it declares") {
  struct HighEvent : OptionsBaseEvent {
    void process() override { log("{} {}", name(), queue()); }
  };
  CHECK(run<HighEvent>().logged.at(0).text == "high high");
  CHECK(run<HighEvent>({}, {.queue = "low"}).logged.at(0).text == "high low");
}

TEST_CASE("testing: an event that isn't linked is refused") {
  CHECK_THROWS_AS((void)run("nobody_wrote_it"), std::invalid_argument);
}
