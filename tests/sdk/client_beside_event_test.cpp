// A plugin may use the client library as well; the header that comes first gives the free function.
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

TEST_CASE("client beside event: an event's own function still queues by the host") {
  static_assert(std::is_same_v<decltype(action::queue_action_event("e")), std::string>);
  const action_run run{sizeof(action_run), 1, "beside", "id", "medium", "{}", 2, 0};
  CHECK(action::detail::run_event<BesideEvent>(nullptr, nullptr, &run) == ACTION_FAILED);
}
