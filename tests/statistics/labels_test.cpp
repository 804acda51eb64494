#include <doctest/doctest.h>

#include <optional>
#include <set>
#include <string>

#include "statistics/label_bound.hpp"
#include "statistics/outcome_label.hpp"

using namespace actiond;

TEST_CASE("labels: 200 events have a name, all others share one") {
  LabelBound bound;
  for (int i = 0; i < 1000; ++i) {
    const auto name = "event" + std::to_string(i);
    CHECK(bound.label(name, true) == (i < 200 ? name : "other"));
  }
  CHECK(bound.label("event7", true) == "event7");
  CHECK(bound.label("event999", true) == "other");
}

TEST_CASE("labels: names that no plugin knows leave room for those that run") {
  LabelBound bound;
  std::set<std::string> labels;
  for (int i = 0; i < 1000; ++i) labels.emplace(bound.label("slip" + std::to_string(i), false));
  CHECK(labels.size() == 101);
  CHECK(bound.label("send_email", true) == "send_email");
}

TEST_CASE("labels: a message without a name is other") {
  CHECK(LabelBound().label("", false) == "other");
}

TEST_CASE("labels: every ending has its outcome") {
  using enum OutcomeLabel;
  struct Row {
    Ending ending;
    std::optional<OutcomeLabel> goes_on, ends;
  };
  const Row rows[] = {{Ending::Done, Done, Done},
                      {Ending::Halted, Halted, Halted},
                      {Ending::Failed, Failed, Dead},
                      {Ending::Discarded, Discarded, Discarded},
                      {Ending::Snoozed, Snoozed, Snoozed},
                      {Ending::Unknown, Unknown, Dead},
                      {Ending::Malformed, Dead, Dead},
                      {Ending::NotStarted, std::nullopt, std::nullopt},
                      {Ending::Crashed, Crashed, Dead},
                      {Ending::TimedOut, TimedOut, Dead},
                      {Ending::Stopped, std::nullopt, std::nullopt},
                      {Ending::Lost, std::nullopt, std::nullopt},
                      {Ending::Interrupted, Crashed, Dead},
                      {Ending::Expired, Expired, Expired},
                      {Ending::Duplicate, Duplicate, Duplicate}};
  CHECK(std::size(rows) == kEndings);
  for (const auto& row : rows) {
    CAPTURE(name(row.ending));
    CHECK(label_for(row.ending, false) == row.goes_on);
    CHECK(label_for(row.ending, true) == row.ends);
  }
}

TEST_CASE("labels: the outcomes' names are those of the metrics") {
  const char* const names[] = {"done",      "halted",  "failed",  "dead",    "discarded", "crashed",
                               "timed_out", "snoozed", "expired", "unknown", "duplicate"};
  REQUIRE(std::size(names) == kOutcomeLabels);
  for (int i = 0; i < kOutcomeLabels; ++i) CHECK(name(static_cast<OutcomeLabel>(i)) == names[i]);
}
