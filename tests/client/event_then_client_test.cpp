// event.hpp first, so action::queue_action_event is the handlers', beside a Client.
#include <action/event.hpp>
// (in this order)
#include <action/client.hpp>

#include "test_broker.hpp"

TEST_CASE("headers: with event.hpp beside it, queueing is the handler's, which has no host here") {
  CHECK_THROWS_AS(action::queue_action_event("send_email"), std::runtime_error);
  CHECK_NOTHROW(action::Client("amqp://127.0.0.1:1"));
}
