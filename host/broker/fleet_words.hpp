// What is said to pollers over the broker, and by them: JSON, that others may write and read too.
//
//   a request  {"request": "{\"command\": \"status\"}", "by": "root@box1", "at_ms": 1700000000000,
//               "nonce": "00ff…", "mac": "…"}    the last two only with a seal, see base/seal.hpp
//   an answer  what the control socket answers, with "host", "poller" ("box4/17") and "nonce"
//   a hello    {"host", "id", "nonce", "at_ms", "state", "plugin_set", "in_hand", "done", "failed"}
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/seal.hpp"
#include "broker/fleet.hpp"

namespace actiond {

// A request as it was written; `sealed.mac` is empty without a seal.
struct FleetOrder {
  Sealed sealed;  // its text is the request; the application is for whoever checks it to say
};

// Who says it, of which application, and with which secret; empty: without a seal.
struct FleetSpeaker {
  std::string by, application, secret;
};
// With a secret it is sealed for `target`.
std::string fleet_text(const nlohmann::json& request, const FleetSpeaker& speaker,
                       const std::string& target, std::int64_t at_ms);
// Fails with a sentence on what can't be understood, which may be anything.
Result<FleetOrder> fleet_order_in(const FleetRequest& request);

// What a poller says of itself, and has said last.
struct RosterEntry {
  PollerName name;
  std::int64_t at_ms = 0;
  std::string state;  // kHasLeft: it has gone as it should

  bool operator==(const RosterEntry& other) const {
    return name.text() == other.name.text() && name.nonce == other.name.nonce;
  }
};
inline constexpr char kHasLeft[] = "left";
// Nothing if it can't be understood.
std::optional<RosterEntry> roster_entry_in(const std::string& text);

}  // namespace actiond
