// What pollers remember of a unique key in RabbitMQ: who began last with it, and when that ended.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace actiond {

struct KeyRecord {
  std::string key, id;
  std::int64_t at_ms = 0;     // when that was written, since 1970 UTC
  std::int64_t until_ms = 0;  // the key is held no longer; 0: as long as the event waits or runs
  std::int64_t ended_ms = 0;  // when the event ended; 0: it waits or runs
};

std::string to_text(const KeyRecord& record);
// Nothing if it can't be understood.
std::optional<KeyRecord> key_record_from(const std::string& text);

// An event with a unique key that asks to run.
struct KeyClaim {
  std::string key, id;
  std::int64_t until_ms = 0;      // as in KeyRecord
  std::int64_t queued_at_ms = 0;  // 0: not known
};

// What to do with an event with this key that has come to its turn.
enum class KeyVerdict {
  Run,   // it has the key
  Drop,  // it was queued while another with the key waited or ran
  Free,  // it runs without the key, which another has for longer than it may
};

// `is_locked`: another poller has the key, and runs an event with it, or looks whether it may.
KeyVerdict key_verdict(const KeyClaim& claim, const std::optional<KeyRecord>& record,
                       bool is_locked, std::int64_t now_ms);

// "<application>.unique.v1.<hash of the key>", which keeps the record; and the one that only its
// holder has.
std::string key_queue(const std::string& application, const std::string& key);
std::string key_lock(const std::string& application, const std::string& key);

}  // namespace actiond
