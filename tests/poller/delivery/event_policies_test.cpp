#include "poller/delivery/event_policies.hpp"

#include <doctest/doctest.h>

#include "base/duration.hpp"

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

TEST_CASE("policies: attempts are the configuration's, the plugin's over them, the event's last") {
  Config config;
  config.retry.attempts = 7;
  CHECK(EventPolicies(config, report_with({"x", "", 0, 0})).of("x").attempts == 7);
  CHECK(EventPolicies(config, report_with({"x", "", 3, 0})).of("x").attempts == 3);
  config.events["x"].attempts = 1;
  CHECK(EventPolicies(config, report_with({"x", "", 3, 0})).of("x").attempts == 1);
}

TEST_CASE("policies: an event is known if a plugin provides it, which is named") {
  Config config;
  config.events["y"].attempts = 2;
  auto report = report_with({"x", "", 0, 0});
  report.plugins[0].file = "/plugins/mail.so";
  report.plugins[0].hash = "1a2b";
  const EventPolicies policies(config, report);
  CHECK(policies.of("x").plugin == "mail.so 1a2b");
  CHECK_FALSE(policies.of("y").is_known());
  CHECK_FALSE(policies.of("z").is_known());
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

TEST_CASE("policies: a timeout of a plugin that no clock can hold is the longest there is") {
  const EventPolicies policies(Config{}, report_with({"x", "", 0, INT64_MAX}));
  CHECK(policies.of("x").timeout == actiond::kLongestDuration);
}
