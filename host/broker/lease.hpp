// What keeps the recurring events of an application, one poller at a time: a state that only the
// holder may change, together with what it queues. Whoever dies in it leaves the state as it was,
// and another one goes on.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/config/config.hpp"
#include "base/result.hpp"
#include "client/message.hpp"

namespace actiond {

// Events to be queued, and the state that holds once they are.
struct LeaseStep {
  struct Queued {
    std::string queue;
    action::Message message;
  };
  // Why which of the events were not taken, by their places.
  using Refused = std::map<std::size_t, Error>;

  std::vector<Queued> events;
  std::string state;
  // The state that holds if these were refused, and are to come again.
  std::function<std::string(const Refused& refused)> state_without{};
};

// One thread, which blocks.
class Lease {
 public:
  // Looks at the state, empty at first, and says what is to be done; none: nothing.
  using Work = std::function<Result<std::optional<LeaseStep>>(const std::string& state)>;

  virtual ~Lease() = default;

  // Does the work if this process holds the lease. False: another one does. The events are queued
  // when this returns, and if it fails some may be: then the state is the one from before, and
  // they come again with the same ids. With a database all or nothing is done; RabbitMQ may refuse
  // some, and the turn is done without them.
  virtual Result<bool> turn(const Work& work) = 0;
  // Does wait hear of orders, and of the lease? If not, each turn looks.
  virtual bool hears() const { return false; }
  // Waits for them up to `timeout`. True: something has come, which a turn sees. Fails when the
  // connection is lost.
  virtual Result<bool> wait([[maybe_unused]] std::chrono::milliseconds timeout) { return false; }
  // Hands an order to the holder, which obeys it at once.
  virtual Result<void> send_order(const std::string& order) = 0;
  // The state as it is; none: it is not to be had from here.
  virtual Result<std::optional<std::string>> look() = 0;
};

// Makes of a state and an order the next state.
using Obey = std::function<std::string(const std::string& state, const std::string& order)>;

// Connects to the first of the configuration's brokers that answers, `timeout` for each, and makes
// what the lease needs. `name` tells the broker's operator who this is.
Result<std::unique_ptr<Lease>> open_lease(const Config& config, const std::string& name, Obey obey,
                                          std::chrono::milliseconds timeout);

}  // namespace actiond
