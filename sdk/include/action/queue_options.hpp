// How an event is queued: shared by handlers (event.hpp) and applications (client.hpp).
#ifndef ACTION_QUEUE_OPTIONS_HPP
#define ACTION_QUEUE_OPTIONS_HPP

#include <string>

namespace action {

struct QueueOptions {
  // Its short name ("high"). Empty: the queue that the event declares, else the default one.
  std::string queue{};
};

}  // namespace action

#endif
