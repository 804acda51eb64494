#include <doctest/doctest.h>

#include "answers/inspect.hpp"

using namespace actiond;

namespace {

EventInfo event(const std::string& name, const std::string& queue = "", int attempts = 0,
                std::int64_t timeout_ms = 0) {
  return {name, queue, attempts, timeout_ms};
}

PluginInfo plugin(const std::string& file, std::vector<EventInfo> events) {
  PluginInfo info;
  info.file = file;
  info.events = std::move(events);
  return info;
}

}  // namespace

TEST_CASE("plugins: an event of two files is the second one's problem") {
  std::vector<PluginInfo> plugins{plugin("/p/a.so", {event("x"), event("y")}),
                                  plugin("/p/b.so", {event("z")}), plugin("/p/c.so", {event("y")})};
  find_duplicates(plugins);
  CHECK(plugins[0].problem.empty());
  CHECK(plugins[1].problem.empty());
  CHECK(plugins[2].problem ==
        "plugin c.so provides the event 'y', which a.so has already: remove one of the two files, "
        "or give the event another name");
}

TEST_CASE("plugins: a problem that is known already stays") {
  std::vector<PluginInfo> plugins{plugin("/p/a.so", {event("x")}), plugin("/p/b.so", {event("x")})};
  plugins[1].problem = "worse";
  find_duplicates(plugins);
  CHECK(plugins[1].problem == "worse");
}

TEST_CASE("plugins: what is in force is the configuration over the plugin over the defaults") {
  Config config;
  config.queues = {"high", "medium"};
  config.retry.attempts = 20;
  config.timeout = std::chrono::minutes(10);
  config.events["configured"] = {"high", 2, std::chrono::seconds(5)};
  const auto events = effective_events(
      config, plugin("a.so", {event("bare"), event("declared", "high", 7, 1500),
                              event("configured", "medium", 7, 1), event("elsewhere", "urgent")}));
  REQUIRE(events.size() == 4);
  const auto is = [](const EventInfo& each, const char* queue, int attempts, int timeout_ms) {
    return each.queue == queue && each.attempts == attempts && each.timeout_ms == timeout_ms;
  };
  CHECK(is(events[0], "medium", 20, 600000));
  CHECK(is(events[1], "high", 7, 1500));
  CHECK(is(events[2], "high", 2, 5000));
  CHECK(is(events[3], "medium", 20, 600000));
}

TEST_CASE("plugins: an event that is queued and that nobody provides is warned of") {
  PluginInfo shop = plugin("/p/shop.so", {event("send_email")});
  shop.queued = {"send_email", "audit", "refnd", "gone"};
  const std::vector<PluginInfo> all{shop, plugin("/p/a.so", {event("audit"), event("refund")})};
  CHECK(queued_warnings(shop, all) ==
        std::vector<std::string>{"plugin shop.so queues the event 'refnd', which no plugin here "
                                 "provides: did you mean 'refund'?",
                                 "plugin shop.so queues the event 'gone', which no plugin here "
                                 "provides: it waits until one does"});
}

TEST_CASE("plugins: an event that recurs and that nobody provides is warned of") {
  Config config;
  config.cron["nightly"].event = "reprt";
  config.cron["ping"].event = "ping";
  CHECK(recurring_warnings(config, {plugin("/p/a.so", {event("report"), event("ping")})}) ==
        std::vector<std::string>{"cron.nightly queues the event 'reprt', which no plugin here "
                                 "provides: did you mean 'report'?"});
}

TEST_CASE("plugins: one that provides no event is warned of") {
  CHECK(warnings_of({}, plugin("/p/a.so", {})) ==
        std::vector<std::string>{"plugin a.so provides no event: write ACTION_EVENT(Class) after "
                                 "each event's class"});
}

TEST_CASE("plugins: a queue that the configuration lacks is warned of") {
  Config config;
  config.events["moved"].queue = "low";
  CHECK(warnings_of(config, plugin("/p/a.so", {event("moved", "urgent")})).empty());
  CHECK(warnings_of(config, plugin("/p/a.so", {event("x", "hgih")}))[0].ends_with(
      "it goes to 'medium'; did you mean 'high'?"));
  CHECK(warnings_of(config, plugin("/p/a.so", {event("x", "high"), event("y")})).empty());
  const auto warnings = warnings_of(config, plugin("/p/a.so", {event("x", "urgent")}));
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0] ==
        "plugin a.so wants the event 'x' in the queue 'urgent', which the configuration does not "
        "have: it goes to 'medium'");
}
