#include "poller/settlement.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace actiond;

TEST_CASE("settlement: every ending has one, and it is this") {
  const std::map<Ending, Settlement> table{
      {Ending::Done, Settlement::Acknowledge},     {Ending::Halted, Settlement::Acknowledge},
      {Ending::Failed, Settlement::DeadLetter},    {Ending::Crashed, Settlement::DeadLetter},
      {Ending::TimedOut, Settlement::DeadLetter},  {Ending::Discarded, Settlement::DeadLetter},
      {Ending::Malformed, Settlement::DeadLetter}, {Ending::Unknown, Settlement::DeadLetter},
      {Ending::Snoozed, Settlement::Delay},        {Ending::NotStarted, Settlement::GiveBack},
      {Ending::Stopped, Settlement::GiveBack},     {Ending::Lost, Settlement::Forget},
  };
  REQUIRE(table.size() == kEndings);
  for (const auto& [ending, settlement] : table) {
    CAPTURE(name(ending));
    CHECK(settlement_for(ending) == settlement);
  }
}
