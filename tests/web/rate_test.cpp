#include "web/rate.hpp"

#include <doctest/doctest.h>

using actiond::web::Rate;
using nlohmann::json;

namespace {

// Counts are what a poller's answer is read as: unsigned.
json pollers(unsigned done) {
  return json::array({{{"pid", 7}, {"done", done}}, {{"pid", 8}, {"state", "does not answer"}}});
}

}  // namespace

TEST_CASE("rate: events a second of the last 15 s") {
  Rate rate;
  CHECK(rate.add(pollers(100), 50'000) == 0);
  CHECK(rate.add(pollers(120), 60'000) == 2);
  CHECK(rate.add(pollers(150), 70'000) == 3);
}

TEST_CASE("rate: a clock that was set back") {
  Rate rate;
  rate.add(pollers(100), 90'000);
  CHECK(rate.add(pollers(120), 100'000) == 2);
  CHECK(rate.add(pollers(120), 50'000) == 0);
  CHECK(rate.add(pollers(130), 60'000) == 1);
}
