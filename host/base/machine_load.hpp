// What this machine has left for more pollers and runners.
#pragma once

namespace actiond {

struct MachineLoad {
  double load = 0;  // its average over a minute
  int cores = 1;
  double memory_share = 1;  // what is available of it, 0 to 1

  // The load up to which more can be started, where the configuration does not say it.
  double most() const;
  // At least a twentieth of it is available.
  bool has_memory() const;
  // More that are started now do not make it worse for all.
  bool allows_more() const;
};

// As the kernel tells it, from /proc, which waits for nothing. What can't be read allows all.
MachineLoad machine_load();

}  // namespace actiond
