#include "broker/rabbitmq/key_record.hpp"

#include <chrono>
#include <nlohmann/json.hpp>

#include "base/content_hash.hpp"
#include "base/json_parts.hpp"

namespace actiond {
namespace {

// What waits for longer after its last start has been lost: it was purged, or moved elsewhere.
constexpr std::chrono::milliseconds kLongestWait = std::chrono::hours(24);

bool is_over(const KeyRecord& record, std::int64_t since_ms, std::int64_t now_ms) {
  if (record.until_ms > 0 && record.until_ms <= since_ms) return true;
  return record.ended_ms == 0 && now_ms - record.at_ms > kLongestWait.count();
}

}  // namespace

std::string to_text(const KeyRecord& record) {
  return nlohmann::json{{"key", record.key},
                        {"id", record.id},
                        {"at_ms", record.at_ms},
                        {"until_ms", record.until_ms},
                        {"ended_ms", record.ended_ms}}
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<KeyRecord> key_record_from(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  return KeyRecord{text_in(json, "key"), text_in(json, "id"), number_in(json, "at_ms"),
                   number_in(json, "until_ms"), number_in(json, "ended_ms")};
}

KeyVerdict key_verdict(const KeyClaim& claim, const std::optional<KeyRecord>& record,
                       bool is_locked, std::int64_t now_ms) {
  const bool is_known = record && record->key == claim.key;
  if (!is_known) {
    // Another key with the same hash, which is as good as none: no event is lost by that.
    const bool is_mistaken = record && is_locked;
    return is_mistaken ? KeyVerdict::Free : is_locked ? KeyVerdict::Drop : KeyVerdict::Run;
  }
  if (record->id == claim.id) return is_locked ? KeyVerdict::Drop : KeyVerdict::Run;
  const auto queued_at_ms = claim.queued_at_ms > 0 ? claim.queued_at_ms : now_ms;
  if (is_over(*record, queued_at_ms, now_ms)) return is_locked ? KeyVerdict::Free : KeyVerdict::Run;
  if (is_locked || record->ended_ms == 0 || queued_at_ms <= record->ended_ms)
    return KeyVerdict::Drop;
  return KeyVerdict::Run;
}

std::string key_queue(const std::string& application, const std::string& key) {
  ContentDigest digest;
  digest.add(key);
  return application + ".unique.v1." + digest.text();
}

std::string key_lock(const std::string& application, const std::string& key) {
  return key_queue(application, key) + ".lock";
}

}  // namespace actiond
