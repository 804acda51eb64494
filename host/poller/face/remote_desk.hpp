// Whether what somebody asks of this poller over the broker is answered: pure, but for its memory
// of the seals that were used.
//
// Whoever may write to the broker's control exchange may ask for the status, and is shown nothing
// of what events hold. Commands need `remote: full`, and a seal that is from the last minute, for
// this poller, and new; or the word that none is needed.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/config/remote_config.hpp"
#include "base/result.hpp"
#include "base/seal.hpp"
#include "broker/fleet.hpp"

namespace actiond {

class RemoteDesk {
 public:
  // `config` must outlive it.
  // `began_ms`: when this process did, which knows nothing of seals that were used before.
  explicit RemoteDesk(const RemoteConfig& config, std::string application = {},
                      std::int64_t began_ms = 0)
      : config_(config), application_(std::move(application)), began_ms_(began_ms) {}

  struct Order {
    nlohmann::json request;   // as the control socket takes it
    std::string by;           // who says that they are: "root@box1"
    bool is_command = false;  // more than a look
    bool is_trusted = false;  // sealed: what events hold may be shown
  };
  // What is to be done, or why not, a sentence. `now_ms`: since 1970 UTC.
  Result<Order> judge(const FleetRequest& request, std::int64_t now_ms);

 private:
  Result<void> check_seal(const Sealed& sealed, std::int64_t now_ms);

  const RemoteConfig& config_;
  std::string application_;
  std::int64_t began_ms_;
  std::map<std::string, std::int64_t> used_;  // nonces, of the last minutes: when
};

}  // namespace actiond
