// What connecting costs a poller whose broker is far away.
#include <cstdlib>

#include "../network/proxy.hpp"
#include "place.hpp"
#include "skipping.hpp"

using namespace std::chrono_literals;

using namespace actiond;
using namespace actiond::test;

TEST_CASE("far broker: a poller is connected after six round trips at most when all is there") {
  const char* const url = std::getenv("ACTION_TEST_BROKER");
  if (url == nullptr) SKIP_TEST("ACTION_TEST_BROKER names no broker");
  everywhere([](Place& place) {
    if (!place.config().brokers.front().starts_with("amqp")) return;
    (void)place.connect()->close();
    Config config = place.config();
    const Proxy proxy(config.brokers.front(), [](Towards, int) { return 250ms; });
    config.brokers = {proxy.url()};
    const auto broker = actiond::connect_broker(config, "broker_tests", 30s);
    REQUIRE(broker);
    CHECK(proxy.connections() == 2);
    CHECK(proxy.round_trips() <= 6);
  });
}
