#include "broker/fleet_words.hpp"

#include "base/json_parts.hpp"

namespace actiond {

using nlohmann::json;

std::string fleet_text(const json& request, const FleetSpeaker& speaker, const std::string& target,
                       std::int64_t at_ms) {
  const Sealed sealed{dump(request), target, at_ms, new_nonce(), speaker.application, speaker.by};
  json text{{"request", sealed.text}, {"by", sealed.by}, {"at_ms", at_ms}};
  if (!speaker.secret.empty()) {
    text["nonce"] = sealed.nonce;
    text["mac"] = mac_of(sealed, speaker.secret);
  }
  return dump(text);
}

Result<FleetOrder> fleet_order_in(const FleetRequest& request) {
  const auto text = json::parse(request.body, nullptr, false);
  if (!text.is_object() || text_in(text, "request").empty())
    return Error{"what was asked can't be understood"};
  return FleetOrder{{text_in(text, "request"), request.target, number_in(text, "at_ms"),
                     text_in(text, "nonce"), "", text_in(text, "by"), text_in(text, "mac")}};
}

std::optional<RosterEntry> roster_entry_in(const std::string& text) {
  const auto hello = json::parse(text, nullptr, false);
  if (!hello.is_object()) return std::nullopt;
  RosterEntry entry{{text_in(hello, "host"), text_in(hello, "id"), text_in(hello, "nonce")},
                    number_in(hello, "at_ms"),
                    text_in(hello, "state")};
  if (entry.name.host.empty() || entry.name.id.empty()) return std::nullopt;
  return entry;
}

}  // namespace actiond
