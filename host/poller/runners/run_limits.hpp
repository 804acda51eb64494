// What a runner may take: time to load, to begin what it was handed, to run an event and to tear
// down, and memory. Whatever is over its limit is killed; a handler can see that a second before.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/config/config.hpp"
#include "poller/runners/runner_slot.hpp"

namespace actiond {

// A look at the limits: now, so long after the one before. The time between two of them that the
// poller did not live through, because it was stopped or its machine was, counts for nobody.
struct Tick {
  MonotonicTime now;
  std::chrono::nanoseconds lived;
};

class RunLimits {
 public:
  // Both must outlive it.
  RunLimits(RunnerSlot& slot, const Config& config) : slot_(slot), config_(config) {}

  // To be called every few milliseconds while the runner lives. `is_heard`: what it says is read.
  // Returns why it should be replaced between two events; nothing: it need not be.
  std::optional<std::string> keep(const Tick& tick, bool is_heard);

  // It was handed something and has not acted for a while: better not to count on it.
  bool is_stuck() const;

 private:
  enum class Doing { Nothing, Loading, Owing, Running, TearingDown };

  // What it is at; when that changes, its time begins anew.
  struct Spell {
    Doing doing = Doing::Nothing;
    pid_t runner = 0;
    std::uint64_t begun = 0, ended = 0;  // the last runs that were
    std::uint64_t sent = 0;              // of what is still on its way, in bytes
    std::string loading{};               // the plugin's file

    bool operator==(const Spell&) const = default;
  };

  Doing doing(bool is_heard) const;
  Spell look(bool is_heard) const;
  MonotonicTime began(MonotonicTime now) const;
  void keep_time();
  void keep_run_time(const Delivery& delivery);
  std::optional<std::string> keep_memory();

  RunnerSlot& slot_;
  const Config& config_;
  Spell spell_;
  std::chrono::nanoseconds spent_{0};  // on it
};

// Why a runner is killed that took longer than this to load a plugin.
std::string too_slow_to_load(std::chrono::milliseconds limit);

// How many runs it may still be given, those in its pipe included, before it is replaced.
std::size_t runs_left(const RunnerSlot& slot, const RecyclePolicy& policy);
// Why it should be replaced after an event; nothing: it need not be.
std::optional<std::string> has_run_enough(const RunnerSlot& slot, const RecyclePolicy& policy);

}  // namespace actiond
