#include "web/dead_filter.hpp"

#include <doctest/doctest.h>

using namespace actiond::web;

namespace {

Message letter(const std::string& id, const std::string& event, const std::string& error,
               std::int64_t at_ms = 1) {
  Message message;
  message.id = id;
  message.event = event;
  message.trail.error = error;
  message.trail.failed_at_ms = at_ms;
  return message;
}

}  // namespace

TEST_CASE("dead filter: errors that differ in numbers and ids are the same trouble") {
  const std::pair<const char*, const char*> rows[] = {
      {"timeout after 31 ms", "timeout after # ms"},
      {"no user 3f2a9c01", "no user #"},
      {"id 8ad2b53d-5b0c-4b7e-9a6f-0a4b8de1f6a3", "id #-5b0c-4b7e-9a6f-#"},
      {"at 0x7ffd1c in f", "at # in f"},
      {"utf8 and x86", "utf8 and x86"},
      {"deadbeef cafe", "deadbeef cafe"},
      {"first\nsecond 2", "first"},
      {"", ""},
      {"<b>1</b>", "<b>#</b>"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.first);
    CHECK(error_pattern(row.first) == row.second);
    CHECK(error_pattern(row.second) == row.second);
  }
  CHECK(error_pattern(std::string(5000, 'x') + "\xff").size() <= 160);
}

TEST_CASE("dead filter: by event, by error, or both") {
  const auto one = letter("1", "a", "no 1");
  CHECK(DeadFilter{}.matches(one));
  CHECK(DeadFilter{"a", "no #"}.matches(one));
  CHECK_FALSE(DeadFilter{"b", ""}.matches(one));
  CHECK_FALSE(DeadFilter{"a", "no"}.matches(one));
}

TEST_CASE("dead look: groups, the largest first, and a page of what matches") {
  DeadLook look;
  for (int i = 0; i < 5; ++i)
    look.add(letter("a" + std::to_string(i), "a", "no " + std::to_string(i), 10 + i));
  look.add(letter("b", "b", "gone", 7));
  const auto all = look.page({}, 0, 3);
  CHECK(all["total"] == 6);
  CHECK(all["matching"] == 6);
  CHECK(all["shown"] == 3);
  REQUIRE(all["groups"].size() == 2);
  CHECK(all["groups"][0]["count"] == 5);
  CHECK(all["groups"][0]["first_ms"] == 10);
  CHECK(all["groups"][0]["last_ms"] == 14);
  CHECK(all["groups"][0]["example"] == "no 0");
  const auto filtered = look.page({"a", "no #"}, 3, 10);
  CHECK(filtered["matching"] == 5);
  CHECK(filtered["shown"] == 2);
  CHECK(filtered["letters"][0]["id"] == "a3");
  CHECK(look.page({"c", ""}, 0, 10)["matching"] == 0);
}

TEST_CASE("dead look: very many letters cost bounded memory, and are all counted") {
  DeadLook look;
  for (std::size_t i = 0; i < DeadLook::kMostKept + 100; ++i) look.add(letter("x", "a", "no"));
  for (int i = 0; i < 2000; ++i)
    look.add(letter("x",
                    "event_" + std::string(1, static_cast<char>('a' + i % 26)) +
                        std::string(static_cast<std::size_t>(i / 26), 'z'),
                    "no"));
  const auto page = look.page({}, 0, 1);
  CHECK(page["total"] == DeadLook::kMostKept + 2100);
  CHECK(page["kept"] == DeadLook::kMostKept);
  std::size_t sum = 0;
  for (const auto& group : page["groups"]) sum += group["count"].get<std::size_t>();
  CHECK(sum == page["total"]);
}
