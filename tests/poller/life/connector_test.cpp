#include "poller/life/connector.hpp"

#include <doctest/doctest.h>

#include <future>
#include <thread>

#include "../fake_broker.hpp"
#include "../fake_clock.hpp"

using namespace actiond;
using namespace std::chrono_literals;

TEST_CASE("connector: nobody waits for a try that is under way, and it tells nobody any more") {
  boost::asio::io_context io;
  FakeClock clock;
  auto name_server = std::make_shared<std::promise<void>>();
  bool is_told = false;
  {
    Connector connector(
        io, clock,
        [answer = name_server->get_future().share(),
         name_server]() -> Result<std::unique_ptr<Broker>> {
          answer.wait();
          return Result<std::unique_ptr<Broker>>(std::make_unique<FakeBroker>());
        },
        [&](const auto&) { is_told = true; });
    connector.connect();
    CHECK(Connector::is_any_trying());
  }  // comes to an end
  name_server->set_value();
  while (Connector::is_any_trying()) std::this_thread::yield();
  io.run_for(10ms);
  CHECK_FALSE(is_told);
}

TEST_CASE("connector: nobody connects while others have yet to notice the loss") {
  boost::asio::io_context io;
  FakeClock clock;
  Connector connector(
      io, clock, [] { return Result<std::unique_ptr<Broker>>(Error{"none"}); }, [](const auto&) {});
  connector.connect_later(1200ms);
  CHECK(clock.until_next() == 1200ms);
  connector.connect_later();
  CHECK(clock.until_next() <= 250ms);
}
