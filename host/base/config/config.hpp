// The configuration: read once from YAML, checked as a whole, then passed by const reference. The
// defaults stand here; config/actiond.yaml repeats them for people.
#pragma once

#include <action/queue_type.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/config/cluster_config.hpp"
#include "base/config/remote_config.hpp"
#include "base/config/web_config.hpp"
#include "base/cron/entry.hpp"
#include "base/log_config.hpp"
#include "base/result.hpp"

namespace actiond {

using action::QueueType;
enum class Reload { Auto, Manual };

// How long a failed event waits before its next attempt, and how many attempts it has in all.
struct RetryPolicy {
  int attempts = 20;
  std::chrono::milliseconds initial = std::chrono::seconds(1);
  double factor = 2;
  std::chrono::milliseconds max = std::chrono::hours(1);
  double jitter = 0.2;    // a share of the wait, 0 to 1
  int interruptions = 3;  // pollers that may die in an event before it is a dead letter

  bool operator==(const RetryPolicy&) const = default;
};

// When a runner is replaced between two events, against what handlers leak; none: never.
struct RecyclePolicy {
  std::optional<int> events;            // after so many
  std::optional<std::uint64_t> memory;  // once it holds so many bytes

  bool operator==(const RecyclePolicy&) const = default;
};

// When a new set of plugins is given up for the one before it: after so many crashes (none: never)
// in so long a time from its takeover.
struct RollbackPolicy {
  std::optional<int> crashes = 3;
  std::chrono::milliseconds within = std::chrono::minutes(1);

  bool operator==(const RollbackPolicy&) const = default;
};

// How long a machine's statistics are kept, in steps of a minute and of an hour.
struct StatisticsConfig {
  std::chrono::milliseconds minutes = std::chrono::hours(72);
  std::chrono::milliseconds hours = std::chrono::days(400);

  bool operator==(const StatisticsConfig&) const = default;
};

// How long a plugin may take to be loaded, and its setup.
struct LoadTimeout {
  std::chrono::milliseconds standard = std::chrono::seconds(20);
  std::map<std::string, std::chrono::milliseconds> plugins;  // by the name of the file

  // `file` is its name, or a path.
  std::chrono::milliseconds of(const std::filesystem::path& file) const {
    const auto own = plugins.find(file.filename());
    return own == plugins.end() ? standard : own->second;
  }
  bool operator==(const LoadTimeout&) const = default;
};

// What becomes of an event that has expired.
enum class OnExpired { Done, Dead };

// What the configuration says of one event, over what its plugin declares.
struct EventConfig {
  std::optional<std::string> queue;
  std::optional<int> attempts;
  std::optional<std::chrono::milliseconds> timeout;
  std::chrono::milliseconds expires{0};  // of those that say nothing themselves; 0: never
  OnExpired on_expired = OnExpired::Done;

  bool operator==(const EventConfig&) const = default;
};

struct Config {
  std::vector<std::string> brokers{"amqp://guest:guest@127.0.0.1:5672/%2f"};
  std::vector<std::string> broker_variables;  // of the environment, that hold secrets
  std::string application = "action_event";
  std::vector<std::string> queues{"high", "medium", "low"};  // strict priority, highest first
  std::vector<std::string> consumed_queues;  // those of them that --queues chose; empty: all
  std::string default_queue = "medium";
  std::filesystem::path plugins;  // absolute
  std::filesystem::path run_dir;  // absolute
  LogConfig log;
  int concurrency = 1;        // runners
  int concurrency_limit = 0;  // of a range, as in 1..16; 0: there are as many at all times
  QueueType queue_type = QueueType::Classic;
  std::optional<int> prefetch;  // nullopt: auto
  Reload reload = Reload::Auto;
  RollbackPolicy rollback;
  std::chrono::milliseconds shutdown_timeout = std::chrono::seconds(30);
  RetryPolicy retry;
  std::chrono::milliseconds timeout = std::chrono::minutes(10);
  LoadTimeout load_timeout;
  std::optional<std::uint64_t> memory_limit;  // bytes that a runner may hold; more: it is killed
  RecyclePolicy recycle;
  std::chrono::milliseconds unknown_event_ttl = std::chrono::days(7);
  std::optional<StatisticsConfig> statistics = StatisticsConfig{};  // none: none are kept
  std::filesystem::path trace_file;  // absolute; empty: no spans are written
  WebConfig web;
  RemoteConfig remote;
  ClusterConfig cluster;
  std::map<std::string, EventConfig> events;
  std::map<std::string, CronEntry> cron;  // what recurs, by its name
  nlohmann::json environment = nlohmann::json::object();
  std::filesystem::path file;    // absolute; empty: no file was found, all is default
  std::string environment_name;  // of -e or $ACTIOND_ENV; may be empty

  int most_runners() const { return std::max(concurrency, concurrency_limit); }

  // The queues that a poller takes from, highest first.
  const std::vector<std::string>& queues_to_consume() const {
    return consumed_queues.empty() ? queues : consumed_queues;
  }

  bool operator==(const Config&) const = default;
};

// What the command line gave. Empty: look the file up, take the environment from $ACTIOND_ENV.
struct ConfigSource {
  std::string file;
  std::string environment;
};

// Finds, reads and checks the configuration. Fails with every problem at once, a sentence a line,
// each with file:line:column; none shows a broker's password. No file at all is no failure.
Result<Config> load_config(const ConfigSource& source);

}  // namespace actiond
