#include "poller/event_policies.hpp"

#include <doctest/doctest.h>

using namespace actiond;
using namespace std::chrono_literals;

namespace {

LoadReport report_with(EventInfo event) {
  LoadReport report;
  report.plugins.emplace_back().events.push_back(std::move(event));
  return report;
}

}  // namespace

TEST_CASE("policies: an event nobody speaks of has the defaults") {
  const Config config;
  const EventPolicies policies(config, {});
  CHECK(policies.of("x").queue == "medium");
  CHECK(policies.of("x").timeout == 10min);
}

TEST_CASE("policies: the plugin's options hold") {
  const EventPolicies policies(Config{}, report_with({"x", "high", 0, 30000}));
  CHECK(policies.of("x").queue == "high");
  CHECK(policies.of("x").timeout == 30s);
}

TEST_CASE("policies: the configuration has the last word") {
  Config config;
  config.events["x"] = {"low", std::nullopt, 5s};
  const EventPolicies policies(config, report_with({"x", "high", 0, 30000}));
  CHECK(policies.of("x").queue == "low");
  CHECK(policies.of("x").timeout == 5s);
}

TEST_CASE("policies: a queue that this installation has not is not used") {
  const EventPolicies policies(Config{}, report_with({"x", "bulk", 0, 0}));
  CHECK(policies.of("x").queue == "medium");
}
