// Says what becomes of an ended delivery: the configuration's policies applied to its outcome and
// its trail.
#pragma once

#include <random>

#include "base/config/config.hpp"
#include "poller/delivery/delivery.hpp"
#include "poller/delivery/settlement.hpp"

namespace actiond {

class Judge {
 public:
  // `config` must outlive it.
  explicit Judge(const Config& config) : config_(config) {}

  // `now_ms` since 1970 UTC.
  Verdict operator()(const Delivery& delivery, std::int64_t now_ms);

 private:
  std::chrono::milliseconds delay(const Delivery& delivery, Settlement settlement,
                                  std::chrono::milliseconds unknown_for);

  bool is_expired_kept(const Delivery& delivery) const;

  const Config& config_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace actiond
