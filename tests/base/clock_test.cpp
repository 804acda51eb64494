#include "base/clock.hpp"

#include <doctest/doctest.h>

#include "scene.hpp"

using namespace actiond;
using actiond::test::Zone;

namespace {

constexpr std::int64_t kMoment = 1'795'454'140'123;  // 2026-11-23 17:15:40.123 UTC

}  // namespace

TEST_CASE("clock: local time for people, RFC 3339 for machines") {
  const Zone zone("XXX-1");  // POSIX counts west: this is UTC+1
  CHECK(format_local_time(kMoment) == "2026-11-23 18:15:40.123");
  CHECK(format_rfc3339(kMoment) == "2026-11-23T18:15:40.123+01:00");
}

TEST_CASE("clock: a zone west of Greenwich, and not of whole hours") {
  const Zone zone("XXX3:30");
  CHECK(format_rfc3339(kMoment) == "2026-11-23T13:45:40.123-03:30");
}

TEST_CASE("clock: times before 1970 round down") {
  const Zone zone("UTC0");
  CHECK(format_local_time(-1) == "1969-12-31 23:59:59.999");
  CHECK(format_local_time(0) == "1970-01-01 00:00:00.000");
}

TEST_CASE("clock: a reused text follows the milliseconds and the seconds") {
  const Zone zone("UTC0");
  TimeText text(TimeStyle::Rfc3339);
  CHECK(text.at(kMoment) == "2026-11-23T17:15:40.123+00:00");
  CHECK(text.at(kMoment + 1) == "2026-11-23T17:15:40.124+00:00");
  CHECK(text.at(kMoment + 1000) == "2026-11-23T17:15:41.123+00:00");
  CHECK(text.at(kMoment - 1000) == "2026-11-23T17:15:39.123+00:00");
}
