#include "broker/rabbitmq/key_record.hpp"

#include <doctest/doctest.h>

using namespace actiond;

namespace {

constexpr std::int64_t kNow = 1'700'000'000'000;
constexpr std::int64_t kDay = 24 * 60 * 60 * 1000;

}  // namespace

TEST_CASE("key record: who may run") {
  const KeyRecord waits{"k", "first", kNow - 1000, 0, 0};
  const KeyRecord ended{"k", "first", kNow - 1000, 0, kNow - 500};
  const KeyRecord over{"k", "first", kNow - 1000, kNow - 600, 0};
  const KeyRecord forgotten{"k", "first", kNow - kDay - 1, 0, 0};
  const KeyRecord other{"another key of the same hash", "first", kNow, 0, 0};
  const struct {
    const char* what;
    std::optional<KeyRecord> record;
    bool is_locked;
    const char* id;
    std::int64_t queued_at_ms;
    KeyVerdict verdict;
  } rows[] = {
      {"nothing is known", {}, false, "second", kNow, KeyVerdict::Run},
      {"another looks just now", {}, true, "second", kNow, KeyVerdict::Drop},
      {"another waits", waits, false, "second", kNow, KeyVerdict::Drop},
      {"another runs", waits, true, "second", kNow, KeyVerdict::Drop},
      {"its own next attempt", waits, false, "first", kNow - 2000, KeyVerdict::Run},
      {"its own copy runs", waits, true, "first", kNow - 2000, KeyVerdict::Drop},
      {"another ended after it was queued", ended, false, "second", kNow - 501, KeyVerdict::Drop},
      {"in the same millisecond", ended, false, "second", kNow - 500, KeyVerdict::Drop},
      {"another ended before", ended, false, "second", kNow - 499, KeyVerdict::Run},
      {"and a third runs already", ended, true, "second", kNow - 499, KeyVerdict::Drop},
      {"nobody knows when it was queued", ended, false, "second", 0, KeyVerdict::Run},
      {"the time is over", over, false, "second", kNow - 600, KeyVerdict::Run},
      {"the time is over, and it runs still", over, true, "second", kNow, KeyVerdict::Free},
      {"the time was not over then", over, false, "second", kNow - 601, KeyVerdict::Drop},
      {"what waits for a day is lost", forgotten, false, "second", kNow, KeyVerdict::Run},
      {"another key", other, false, "second", kNow, KeyVerdict::Run},
      {"another key, and it runs", other, true, "second", kNow, KeyVerdict::Free},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const KeyClaim claim{"k", row.id, 0, row.queued_at_ms};
    CHECK(key_verdict(claim, row.record, row.is_locked, kNow) == row.verdict);
  }
}

TEST_CASE("key record: as text and back, and what is none") {
  const KeyRecord record{"Ä \" key", "id", 1, 2, 3};
  const auto read = key_record_from(to_text(record));
  REQUIRE(read);
  CHECK(read->key == record.key);
  CHECK(read->id == "id");
  CHECK(read->at_ms == 1);
  CHECK(read->until_ms == 2);
  CHECK(read->ended_ms == 3);
  for (const char* text : {"", "[]", "null", "{", "7"}) CHECK_FALSE(key_record_from(text));
  CHECK(key_record_from("{}")->id.empty());
  CHECK(key_record_from(R"({"id": 7, "at_ms": "x"})")->at_ms == 0);
}

TEST_CASE("key record: each key has queues of its own, whose names AMQP can bear") {
  CHECK(key_queue("shop", "a") != key_queue("shop", "b"));
  CHECK(key_queue("shop", std::string(255, 'x')).starts_with("shop.unique.v1."));
  CHECK(key_lock(std::string(100, 'a'), "k").size() < 256);
}
