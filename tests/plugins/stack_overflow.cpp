// Calls itself until the stack is used up.
#include <action/event.hpp>

class StackOverflowEvent : public action::Event {
 public:
  void process() override { dive(1); }

 private:
  // The condition is always true; it keeps the compiler from seeing so.
  int dive(int depth) {
    volatile char page[4096];
    page[0] = static_cast<char>(depth);
    return (depth != 0 ? dive(depth + 1) : 0) + page[0];
  }
};
ACTION_EVENT(StackOverflowEvent)
