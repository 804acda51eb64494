// Queues params "count" (10000) events "sink" to the queue params "queue", if given. Takes them
// too.
#include <action/event.hpp>

class FloodsEvent : public action::Event {
 public:
  void process() override {
    const action::QueueOptions to{.queue = params().value("queue", "")};
    const int count = params().value("count", 10000);
    for (int n = 0; n < count; ++n) queue_action_event("sink", {{"n", n}}, to);
  }
};
ACTION_EVENT(FloodsEvent)

class SinkEvent : public action::Event {
 public:
  void process() override {}
};
ACTION_EVENT(SinkEvent)
