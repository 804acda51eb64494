#include "base/config/read.hpp"

#include <fmt/format.h>

#include "base/config/brokers.hpp"
#include "base/config/cluster.hpp"
#include "base/config/concurrency.hpp"
#include "base/config/cron.hpp"
#include "base/config/queues.hpp"
#include "base/config/remote.hpp"
#include "base/config/scalar.hpp"
#include "base/config/section.hpp"
#include "base/config/web.hpp"
#include "base/text.hpp"

namespace actiond {
namespace {

using std::chrono::milliseconds;

constexpr Range<int> kAttemptsRange{1, 1'000'000};
// What ran beside the one that ended a poller is cleared by its second run.
constexpr Range<int> kInterruptionsRange{2, 1'000'000};
constexpr Range<int> kPrefetchRange{1, 65535};
constexpr Range<int> kRecycleRange{1, 1'000'000'000};
constexpr std::uint64_t kLeastMemory = 16 << 20;  // a runner with an empty plugin holds a few MiB
constexpr Range<double> kFactorRange{1, 1000};
constexpr Range<double> kJitterRange{0, 1};
constexpr milliseconds kLeastKept = std::chrono::minutes(1);
constexpr std::chrono::days kMostKept{3650};
constexpr milliseconds kAnyDuration{0};
constexpr milliseconds kSomeDuration{1};

// Empty text, or nothing behind the key: no file.
void read_file(const Section& section, const std::filesystem::path& base,
               std::filesystem::path& field) {
  const Tree* const file = section.find("file");
  if (file == nullptr || file->kind == Tree::Kind::Null) return;
  if (file->kind == Tree::Kind::Scalar && file->text.empty())
    field.clear();
  else
    section.read_path("file", base, field);
}

void read_log(const Section& section, const std::filesystem::path& base, LogConfig& log) {
  section.read_choice<LogLevel>("level",
                                {{"debug", LogLevel::Debug},
                                 {"info", LogLevel::Info},
                                 {"warning", LogLevel::Warning},
                                 {"error", LogLevel::Error}},
                                log.level);
  section.read_choice<LogFormat>("format", {{"text", LogFormat::Text}, {"json", LogFormat::Json}},
                                 log.format);
  section.read_bool("params", log.has_params);
  read_file(section, base, log.file);
}

void read_retry(const Section& section, RetryPolicy& retry) {
  section.read_whole("attempts", kAttemptsRange, retry.attempts);
  section.read_duration("initial", kSomeDuration, retry.initial);
  section.read_decimal("factor", kFactorRange, retry.factor);
  section.read_duration("max", kSomeDuration, retry.max);
  section.read_decimal("jitter", kJitterRange, retry.jitter);
  section.read_whole("interruptions", kInterruptionsRange, retry.interruptions);
}

void read_recycle(const Section& section, RecyclePolicy& recycle) {
  section.read_whole_or("none", "events", kRecycleRange, recycle.events);
  section.read_byte_size("memory", kLeastMemory, recycle.memory);
}

void read_rollback(const Section& section, RollbackPolicy& rollback) {
  section.read_whole_or("none", "crashes", kAttemptsRange, rollback.crashes);
  section.read_duration("within", kSomeDuration, rollback.within);
}

// `none`, or how long each step is kept.
void read_statistics(const Section& root, std::optional<StatisticsConfig>& statistics) {
  const Tree* const value = root.find("statistics");
  if (value != nullptr && value->kind == Tree::Kind::Scalar) return statistics.reset();
  const Section section = root.section("statistics");
  section.read_duration("minutes", kLeastKept, statistics->minutes, kMostKept);
  section.read_duration("hours", kLeastKept, statistics->hours, kMostKept);
}

// One duration for all, or a mapping: `default`, and plugins by their files' names.
void read_load_timeout(const Section& root, LoadTimeout& timeout) {
  const Tree* const value = root.find("load_timeout");
  if (value == nullptr) return;
  if (value->kind != Tree::Kind::Map)
    return root.read_duration("load_timeout", kSomeDuration, timeout.standard);
  const Section section = root.section("load_timeout");
  for (const TreeEntry& entry : value->entries) {
    const bool is_plugin = entry.key.ends_with(".so");
    if (is_plugin)
      section.read_duration(entry.key, kSomeDuration, timeout.plugins[entry.key]);
    else if (entry.key == "default")
      section.read_duration(entry.key, kSomeDuration, timeout.standard);
    else
      section.problems().add(entry.place,
                             fmt::format("unknown key {}: write default, or the name of a plugin's "
                                         "file, as in mailer.so",
                                         in_quotes(section.path(entry.key))));
  }
}

EventConfig read_event(const Section& section) {
  EventConfig event;
  if (section.find("queue") != nullptr) section.read_text("queue", event.queue.emplace());
  if (section.find("attempts") != nullptr)
    section.read_whole("attempts", kAttemptsRange, event.attempts.emplace());
  if (section.find("timeout") != nullptr)
    section.read_duration("timeout", kSomeDuration, event.timeout.emplace());
  section.read_duration("expires", kSomeDuration, event.expires);
  section.read_choice<OnExpired>(
      "on_expired", {{"done", OnExpired::Done}, {"dead", OnExpired::Dead}}, event.on_expired);
  return event;
}

void read_events(const Section& root, Config& config) {
  const Tree* const events = root.find("events");
  if (events == nullptr) return;
  const Section section = root.section("events");
  for (const TreeEntry& entry : events->entries)
    config.events[entry.key] = read_event(section.section(entry.key));
}

void read_environment(const Section& root, nlohmann::json& environment) {
  const Tree* const value = root.find("environment");
  if (value != nullptr && value->kind == Tree::Kind::Map) environment = to_json(*value);
}

}  // namespace

void read_config(const Tree& root, const std::filesystem::path& base, Config& config,
                 Problems& problems) {
  const Section section(&root, "", problems);
  read_brokers(section, base, config);
  read_name(section, "application", config.application);
  section.read_path("plugins", base, config.plugins);
  section.read_path("run_dir", base, config.run_dir);
  read_log(section.section("log"), base, config.log);
  read_concurrency(section, config);
  section.read_choice<QueueType>("queue_type",
                                 {{"classic", QueueType::Classic}, {"quorum", QueueType::Quorum}},
                                 config.queue_type);
  section.read_whole_or("auto", "prefetch", kPrefetchRange, config.prefetch);
  section.read_choice<Reload>("reload", {{"auto", Reload::Auto}, {"manual", Reload::Manual}},
                              config.reload);
  read_rollback(section.section("rollback"), config.rollback);
  section.read_duration("shutdown_timeout", kAnyDuration, config.shutdown_timeout);
  read_retry(section.section("retry"), config.retry);
  section.read_duration("timeout", kSomeDuration, config.timeout);
  read_load_timeout(section, config.load_timeout);
  section.read_byte_size("memory_limit", kLeastMemory, config.memory_limit);
  read_recycle(section.section("recycle"), config.recycle);
  section.read_duration("unknown_event_ttl", kAnyDuration, config.unknown_event_ttl);
  read_statistics(section, config.statistics);
  read_file(section.section("trace"), base, config.trace_file);
  read_web(section, base, config);
  read_remote(section, config);
  read_cluster(section, config);
  read_events(section, config);
  read_environment(section, config.environment);
  read_queues(section, config);
  read_cron(section, config);
}

}  // namespace actiond
