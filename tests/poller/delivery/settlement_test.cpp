#include "poller/delivery/settlement.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace actiond;

namespace {

void check_table(const std::map<Ending, Settlement>& table, const Chances& chances) {
  REQUIRE(table.size() == kEndings);
  for (const auto& row : table) {
    CAPTURE(name(row.first));
    CHECK(settlement_for(row.first, chances) == row.second);
  }
}

// The endings whose settlement asks for no chances.
std::map<Ending, Settlement> always() {
  return {
      {Ending::Done, Settlement::Acknowledge},     {Ending::Halted, Settlement::Acknowledge},
      {Ending::Discarded, Settlement::DeadLetter}, {Ending::Malformed, Settlement::DeadLetter},
      {Ending::Snoozed, Settlement::Delay},        {Ending::NotStarted, Settlement::GiveBack},
      {Ending::Stopped, Settlement::GiveBack},     {Ending::Lost, Settlement::Forget},
      {Ending::Expired, Settlement::Acknowledge},  {Ending::Duplicate, Settlement::Acknowledge},
  };
}

}  // namespace

TEST_CASE("settlement: with chances left a failure is retried, an unknown event offered again") {
  auto table = always();
  for (const Ending ending : {Ending::Failed, Ending::Crashed, Ending::TimedOut})
    table[ending] = Settlement::Retry;
  table[Ending::Unknown] = Settlement::Delay;
  table[Ending::Interrupted] = Settlement::Again;
  check_table(table, {true, true, false, true});
}

TEST_CASE("settlement: without chances they are dead") {
  auto table = always();
  for (const Ending ending :
       {Ending::Failed, Ending::Crashed, Ending::TimedOut, Ending::Unknown, Ending::Interrupted})
    table[ending] = Settlement::DeadLetter;
  check_table(table, {false, false});
}

TEST_CASE("settlement: each chance is for its own ending") {
  CHECK(settlement_for(Ending::Failed, {false, true}) == Settlement::DeadLetter);
  CHECK(settlement_for(Ending::Unknown, {true, false}) == Settlement::DeadLetter);
  CHECK(settlement_for(Ending::Interrupted, {true, true, true, false}) == Settlement::DeadLetter);
  CHECK(settlement_for(Ending::Failed, {false, true, true, true}) == Settlement::DeadLetter);
}

TEST_CASE("settlement: what has expired is done, or kept among the dead letters on request") {
  CHECK(settlement_for(Ending::Expired, {true, true, true, true}) == Settlement::Acknowledge);
  CHECK(settlement_for(Ending::Expired, {.is_expired_kept = true}) == Settlement::DeadLetter);
  CHECK(settlement_for(Ending::Done, {.is_expired_kept = true}) == Settlement::Acknowledge);
}

TEST_CASE("settlement: a crash that a new plugin set is to blame for spends no attempt") {
  CHECK(settlement_for(Ending::Crashed, {false, false, true}) == Settlement::Delay);
  CHECK(settlement_for(Ending::Failed, {false, false, true}) == Settlement::DeadLetter);
}
