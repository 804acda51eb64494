#include "wire/setup.hpp"

#include <doctest/doctest.h>

using namespace actiond;

TEST_CASE("setup: comes back as it was sent") {
  RunnerSetup setup;
  setup.files = {"/a.so", "/b.so"};
  setup.queues = {"high", "low"};
  setup.default_queue = "low";
  setup.environment = {{"smtp", {{"host", "localhost"}}}};
  const auto back = setup_from(to_text(setup));
  REQUIRE(back);
  CHECK(back->files == setup.files);
  CHECK(back->queues == setup.queues);
  CHECK(back->default_queue == "low");
  CHECK(back->environment == setup.environment);
  CHECK_FALSE(back->inspect_only);
}

TEST_CASE("setup: a report names its first problem") {
  LoadReport report;
  report.plugins.resize(3);
  CHECK(report.problem() == nullptr);
  report.plugins[1].problem = "one";
  report.plugins[2].problem = "two";
  const auto back = report_from(to_text(report));
  REQUIRE(back);
  REQUIRE(back->problem() != nullptr);
  CHECK(*back->problem() == "one");
}

TEST_CASE("setup: a plugin's text that is no UTF-8 is carried, not thrown over") {
  LoadReport report;
  report.plugins.push_back({});
  report.plugins[0].version = "\xff\xfe";
  CHECK(report_from(to_text(report)).has_value());
}

TEST_CASE("setup: what is no report is none") {
  for (const char* text : {"", "[]", "{}", R"({"plugins": 3})", "{\"plugins\": [{}]}"})
    CHECK_FALSE(report_from(text));
}
