#include "statistics/delta.hpp"

#include <doctest/doctest.h>

using namespace actiond;

namespace {

Delta delta_of(std::int64_t minute, const std::string& event) {
  Delta delta;
  delta.cells[{minute, event, "medium", "set", OutcomeLabel::Done}].count = 1;
  return delta;
}

Mark crash_of(const std::string& event) {
  return {MarkKind::Crash, 1, "host/1", "a", "a", event, "shop.so", "crashed: SIGSEGV", 1};
}

std::uint64_t sum_of(const Delta& delta) {
  std::uint64_t all = 0;
  for (const auto& [key, cell] : delta.cells) all += cell.count;
  return all;
}

}  // namespace

TEST_CASE("delta: what could not be written keeps its minutes beside what comes") {
  auto kept = delta_of(1, "a");
  kept.add(delta_of(1, "a"));
  kept.add(delta_of(2, "a"));
  CHECK(kept.cells.size() == 2);
  CHECK(sum_of(kept) == 3);
}

TEST_CASE("delta: after days without a disk the minutes go, the counts stay") {
  Delta kept;
  const auto events = kMostKeptCells + 100;
  for (std::size_t i = 0; i < events; ++i)
    kept.add(delta_of(static_cast<std::int64_t>(i), "event" + std::to_string(i % 5)));
  CHECK(kept.cells.size() <= kMostKeptCells);
  CHECK(sum_of(kept) == events);
}

TEST_CASE("delta: a crash is a row, crashes without end are counted") {
  std::vector<Mark> marks;
  for (int i = 0; i < 1000; ++i) add_mark(marks, crash_of(i % 2 == 0 ? "even" : "odd"));
  CHECK(marks.size() == kMostKeptMarks);
  std::uint64_t crashes = 0;
  for (const auto& mark : marks) crashes += mark.count;
  CHECK(crashes == 1000);
}

TEST_CASE("delta: a swap finds room among crashes") {
  std::vector<Mark> marks;
  for (int i = 0; i < 1000; ++i) add_mark(marks, crash_of("loop"));
  add_mark(marks, {MarkKind::Swap, 2, "host/1", "a", "b", "", "", "", 1});
  CHECK(marks.size() == kMostKeptMarks);
  CHECK(marks.back().kind == MarkKind::Swap);
}
