// A look is not repeated while it is young, and nobody waits for one.
#include "web/lookout.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <future>

#include "web/chores.hpp"

using namespace actiond;
using namespace actiond::web;
using namespace std::chrono_literals;

namespace {

// Blocks until the lookout has answered.
template <typename T>
void refreshed(Lookout<T>& lookout, std::chrono::milliseconds age) {
  std::promise<void> done;
  lookout.refresh(age, [&done] { done.set_value(); });
  REQUIRE(done.get_future().wait_for(20s) == std::future_status::ready);
}

}  // namespace

TEST_CASE("lookout: looks when asked, and again when what it has is too old") {
  std::atomic<int> looks = 0;
  Lookout<int> lookout([&looks] { return ++looks; });
  CHECK(lookout.last() == nullptr);
  refreshed(lookout, 1h);
  CHECK(*lookout.last() == 1);
  refreshed(lookout, 1h);
  CHECK(*lookout.last() == 1);
  refreshed(lookout, -1ms);
  CHECK(*lookout.last() == 2);
}

TEST_CASE("lookout: while a look takes its time, what was seen last is there") {
  std::promise<void> go;
  std::atomic<int> looks = 0;
  const auto gate = go.get_future().share();
  Lookout<int> lookout([&looks, gate] {
    if (++looks == 2) gate.wait();
    return looks.load();
  });
  refreshed(lookout, 1h);
  std::promise<void> done;
  lookout.refresh(-1ms, [&done] { done.set_value(); });
  CHECK(*lookout.last() == 1);
  go.set_value();
  done.get_future().wait();
  CHECK(*lookout.last() == 2);
}

TEST_CASE("chores: one after the other, and not without end") {
  Chores chores;
  std::promise<void> go;
  const auto gate = go.get_future().share();
  std::promise<void> begun;
  REQUIRE(chores.add([gate, &begun] {
    begun.set_value();
    gate.wait();
  }));
  begun.get_future().wait();
  std::string order;
  for (std::size_t i = 0; i + 1 < kMostChores; ++i)
    CHECK(chores.add([&order, i] { order += static_cast<char>('a' + i); }));
  std::promise<void> last;
  CHECK(chores.add([&last] { last.set_value(); }));
  CHECK_FALSE(chores.add([] {}));
  go.set_value();
  last.get_future().wait();
  CHECK(order == "abcdefghijklmno");
}
