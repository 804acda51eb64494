// Queues params "count" (10000) events params "event" ("sink") to the queue params "queue", if
// given. Takes sinks too.
#include <action/event.hpp>

class FloodsEvent : public action::Event {
 public:
  void process() override {
    const action::QueueOptions to{.queue = params().value("queue", "")};
    const std::string event = params().value("event", "sink");
    const int count = params().value("count", 10000);
    for (int n = 0; n < count; ++n) queue_action_event(event, {{"n", n}}, to);
  }
};
ACTION_EVENT(FloodsEvent)

class SinkEvent : public action::Event {
 public:
  void process() override {}
};
ACTION_EVENT(SinkEvent)
