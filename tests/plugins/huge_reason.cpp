// Fails with a what() of 100 MiB.
#include <action/event.hpp>
#include <stdexcept>
#include <string>

class HugeReasonEvent : public action::Event {
 public:
  void process() override { throw std::runtime_error(std::string(std::size_t{100} << 20, 'x')); }
};
ACTION_EVENT(HugeReasonEvent)
