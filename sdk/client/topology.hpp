// What an application's events go through, whichever broker keeps them: a queue
// <application>.<name> for each name, and <application>.dead for dead letters.
#pragma once

#include <action/queue_type.hpp>
#include <string>
#include <vector>

namespace action {

// The short name of the queue of dead letters; no work queue's.
inline constexpr char kDead[] = "dead";

struct Topology {
  std::string application = "action_event";
  std::vector<std::string> queues;
  QueueType type = QueueType::Classic;

  std::string queue(const std::string& name) const { return application + "." + name; }
  std::string dead() const { return queue(kDead); }
};

}  // namespace action
