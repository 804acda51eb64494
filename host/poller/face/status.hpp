// What a poller answers when it is asked for its status: plain values, and their JSON.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "wire/setup.hpp"

namespace actiond {

struct InHandStatus {
  std::string event, id, queue;
  int attempt;
  std::int64_t for_ms;   // it has been running
  std::string params;    // their beginning; empty: they are not shown
  std::string trace_id;  // empty: it belongs to no trace
};

// A run that failed.
struct FailureLook {
  std::string event, id, queue, error;
  int attempt;
  std::int64_t at_ms;  // since 1970 UTC
};

struct Status {
  std::optional<int> id;  // none: it has no PID file
  pid_t pid;
  std::string state;    // a word or a few
  std::string problem;  // why it does not work, or does not change; empty: all is well
  std::vector<InHandStatus> in_hand;
  std::uint64_t done, failed, dead;   // since its start: events, attempts, events
  std::int64_t up_since_ms;           // since 1970 UTC
  std::optional<std::string> broker;  // none: it is away
  std::string application;
  std::vector<std::string> queues;     // highest first
  int concurrency, concurrency_limit;  // the least, and the most of a range or 0
  std::vector<pid_t> runners;
  std::uint64_t memory_kb = 0;  // resident, of it and its runners; 0: not known
  std::string plugin_set;       // its hash
  bool is_reload_underway;
  std::string reload_problem;
  std::vector<std::string> queue_problems;  // why nothing is taken from those
  LoadReport plugins;
  std::vector<FailureLook> failures;  // the last ones, newest first
  std::string cron;                   // what the holder of cron's lease remembers, JSON; or empty
};

nlohmann::json to_json(const Status& status);

}  // namespace actiond
