// One that takes events from a queue file, known to the others as alive by a lock that the kernel
// drops when its process ends, however that is: byte `id` of the bell's file, locked for the open
// file description (fcntl(2), F_OFD_SETLK), so runners, which inherit no descriptor, hold nothing.
#pragma once

#include <string>
#include <vector>

#include "client/sqlite/queue_file.hpp"

namespace actiond {

using action::Result;

class Owner {
 public:
  // Registers a new one. `file` must outlive it.
  static Result<Owner> enter(action::QueueFile& file, const std::string& name);

  std::int64_t id() const { return id_; }

  // Gives the events of owners that live no more back to all. True: there were some.
  Result<bool> bury_dead();
  // Gives back what it still has in hand, and is an owner no more.
  Result<void> leave();

 private:
  Owner(action::QueueFile& file, std::int64_t id) : file_(&file), id_(id) {}
  Result<std::vector<std::int64_t>> dead() const;

  action::QueueFile* file_;
  std::int64_t id_;
};

// How many owners live.
Result<int> living_owners(action::QueueFile& file);

}  // namespace actiond
