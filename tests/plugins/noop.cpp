// Does nothing but read its parameters: what the benchmarks run.
#include <action/event.hpp>

class NoopEvent : public action::Event {
 public:
  void process() override { (void)params(); }
};
ACTION_EVENT(NoopEvent)
