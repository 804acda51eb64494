#include "client/sound.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace {

constexpr char kValid[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
constexpr auto kMost = std::numeric_limits<std::int64_t>::max();

}  // namespace

TEST_CASE("sound: a trace context that is none is none") {
  const struct {
    const char *parent, *state, *left_parent, *left_state;
  } rows[] = {{kValid, "a=1", kValid, "a=1"}, {kValid, "", kValid, ""}, {kValid, "\n", kValid, ""},
              {"xx", "a=1", "", ""},          {"", "a=1", "", ""},      {"00-0af7", "", "", ""}};
  for (const auto& row : rows) {
    CAPTURE(row.parent);
    action::Message message;
    message.trace_parent = row.parent;
    message.trace_state = row.state;
    action::make_sound(message);
    CHECK(message.trace_parent == row.left_parent);
    CHECK(message.trace_state == row.left_state);
  }
}

TEST_CASE("sound: times and counts that nobody can mean are absent") {
  for (const auto number : {kLeast, std::int64_t{-1}, kMost}) {
    CAPTURE(number);
    action::Message message;
    message.enqueued_at_s = message.unique.until_ms = number;
    auto& trail = message.trail;
    trail.expires_at_ms = trail.failed_at_ms = trail.first_failed_at_ms = number;
    trail.unknown_since_ms = number;
    trail.attempt = trail.interrupted = number < 0 ? -7 : std::numeric_limits<int>::max();
    action::make_sound(message);
    CHECK(trail.attempt == 1);
    for (const auto left :
         {message.enqueued_at_s, message.unique.until_ms, trail.expires_at_ms, trail.failed_at_ms,
          trail.first_failed_at_ms, trail.unknown_since_ms, std::int64_t{trail.interrupted}})
      CHECK(left == 0);
  }
}
