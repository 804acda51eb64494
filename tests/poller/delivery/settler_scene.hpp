#pragma once

// A settler with a fake broker under it, for the tests of what it stores and of what handlers
// queue.

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "../fake_broker.hpp"
#include "poller/delivery/settler.hpp"

namespace actiond {

struct SettlerScene {
  DeliveryPool pool;
  FakeBroker broker;
  std::vector<std::string> settled;
  Chances chances{};
  Settler settler{"host/1",
                  [this](const Delivery& delivery, std::int64_t) {
                    return Verdict{settlement_for(delivery.outcome.ending, chances),
                                   std::chrono::milliseconds(2000)};
                  },
                  [this](const Delivery& delivery, Settlement settlement) {
                    settled.push_back(
                        fmt::format("{} {}", delivery.message.event, static_cast<int>(settlement)));
                    trail = delivery.message.trail;
                  }};
  action::Trail trail;  // of what was settled last

  SettlerScene() { settler.connected(broker, 1); }
  ~SettlerScene() { lose(); }
  // Ends what is not settled.
  std::size_t lose() {
    const auto left = settler.lost();
    for (const auto& delivery : left) delivery->is_settled = true;
    return left.size();
  }

  DeliveryPointer delivery(std::uint64_t tag = 5) {
    DeliveryPointer made = pool.get();
    made->message.event = "mail";
    made->queue_name = "high";
    made->tag = tag;
    made->epoch = 1;
    return made;
  }
  void end(DeliveryPointer ended, Ending ending, const std::string& reason = "") {
    ended->outcome = {ending, reason, std::chrono::milliseconds(2000), {}};
    settler.ended(std::move(ended));
  }
  static std::string by(Settlement settlement) {
    return fmt::format("mail {}", static_cast<int>(settlement));
  }
};

inline Message event(const std::string& name) {
  Message message;
  message.event = name;
  return message;
}

const Result<void> taken;
const Result<void> refused = Error{"no room"};
const Result<void> lost = Error{"the connection was lost", Fault::Lost};
const Result<void> missing = Error{"no queue", Fault::Missing};
const Result<void> not_now = Error{"nack", Fault::NotNow};
const Result<void> undecided = Error{"another was refused", Fault::Undecided};
const Result<void> lasting = Error{"too large", Fault::Lasting};

}  // namespace actiond
