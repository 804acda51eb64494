// Whether what somebody asks of this poller over the broker is answered: pure, but for its memory
// of the seals that were used.
//
// Whoever may write to the broker's control exchange may ask for the status, as they could read the
// queues. Commands need `remote: full`, and a seal that is from the last minute, for this poller,
// and new; or the word that none is needed.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "base/config/remote_config.hpp"
#include "base/result.hpp"
#include "base/seal.hpp"
#include "broker/fleet.hpp"

namespace actiond {

class RemoteDesk {
 public:
  // `config` must outlive it.
  explicit RemoteDesk(const RemoteConfig& config) : config_(config) {}

  struct Order {
    nlohmann::json request;   // as the control socket takes it
    std::string by;           // who says that they are: "root@box1"
    bool is_command = false;  // more than a look
  };
  // What is to be done, or why not, a sentence. `now_ms`: since 1970 UTC.
  Result<Order> judge(const FleetRequest& request, std::int64_t now_ms);

 private:
  Result<void> check_seal(const Sealed& sealed, std::int64_t now_ms);

  const RemoteConfig& config_;
  std::map<std::string, std::int64_t> used_;  // nonces, of the last minutes: when
};

}  // namespace actiond
