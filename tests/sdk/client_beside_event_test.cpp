// A plugin may use the client library as well: whatever comes first, the free function is the
// host's.
#include <doctest/doctest.h>

// clang-format off
#include <action/client.hpp>
#include <action/event.hpp>
// clang-format on
#include <type_traits>

namespace {

class BesideEvent : public action::Event {
 public:
  void process() override { queue_action_event("by_the_host", {{"from", id()}}); }
};

}  // namespace

TEST_CASE("client beside event: an event queues by the host, and so does the free function") {
  CHECK_THROWS_WITH(action::queue_action_event("e"), "can't queue e: no actiond is attached");
  const action_run run{
      sizeof(action_run), 1, "beside", "id", "medium", "{}", 2, 0, 1, 0, nullptr, 0};
  CHECK(action::detail::run_event<BesideEvent>(nullptr, nullptr, &run) == ACTION_FAILED);
}
