#pragma once

#include <chrono>
#include <string>
#include <thread>

#include "../network/raw_calls.hpp"
#include "client/delay_trip.hpp"
#include "test_broker.hpp"

// An application whose delay levels are deleted at its end, too.
class DelayedApplication : public TestApplication {
 public:
  ~DelayedApplication() {
    const auto state = raw_calls(connection());
    for (int level = 0; level < action::kDelayLevels; ++level)
      remove(state, "delay.v1." + std::string(level < 10 ? "0" : "") + std::to_string(level));
    for (const char* name : {"delay.v1.deliver", "delay.v1.unroutable", "delay.unroutable",
                             "delay.due", "delay.due.high", "delay.due.medium", "delay.due.low"})
      remove(state, name);
  }
  bool wait_for(const std::string& queue, std::uint32_t count) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (ready(queue) < count && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return ready(queue) == count;
  }

 private:
  void remove(amqp_connection_state_t state, const std::string& name) {
    amqp_queue_delete(state, 1, action::to_bytes(queue(name)), false, false);
    amqp_exchange_delete(state, 1, action::to_bytes(queue(name)), false);
  }
};
