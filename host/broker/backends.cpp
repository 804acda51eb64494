// Which broker it is, is decided here and nowhere else.
#include <fmt/format.h>

#include <filesystem>

#include "broker/backlog.hpp"
#include "broker/broker.hpp"
#include "broker/dead_letters.hpp"
#include "broker/fleet.hpp"
#include "broker/later.hpp"
#include "broker/lease.hpp"
#include "broker/look.hpp"
#include "broker/memcached/memcached_backlog.hpp"
#include "broker/memcached/memcached_broker.hpp"
#include "broker/memcached/memcached_dead_letters.hpp"
#include "broker/memcached/memcached_look.hpp"
#include "broker/pauses.hpp"
#include "broker/rabbitmq/delay_trial.hpp"
#include "broker/rabbitmq/pause_queues.hpp"
#include "broker/rabbitmq/rabbit_backlog.hpp"
#include "broker/rabbitmq/rabbit_broker.hpp"
#include "broker/rabbitmq/rabbit_dead_letters.hpp"
#include "broker/rabbitmq/rabbit_fleet.hpp"
#include "broker/rabbitmq/rabbit_lease.hpp"
#include "broker/rabbitmq/rabbit_look.hpp"
#include "broker/rabbitmq/rights.hpp"
#include "broker/rabbitmq/same_rabbit.hpp"
#include "broker/sql/sql_backlog.hpp"
#include "broker/sql/sql_broker.hpp"
#include "broker/sql/sql_dead_letters.hpp"
#include "broker/sql/sql_later.hpp"
#include "broker/sql/sql_lease.hpp"
#include "broker/sql/sql_look.hpp"
#include "broker/sql/sql_pauses.hpp"
#include "broker/sql/sql_rights.hpp"
#include "broker/sqlite/sqlite_backlog.hpp"
#include "broker/sqlite/sqlite_broker.hpp"
#include "broker/sqlite/sqlite_dead_letters.hpp"
#include "broker/sqlite/sqlite_later.hpp"
#include "broker/sqlite/sqlite_lease.hpp"
#include "broker/sqlite/sqlite_look.hpp"
#include "broker/sqlite/sqlite_pauses.hpp"
#include "broker/target.hpp"
#include "client/rabbitmq/broker_url.hpp"

namespace actiond {
namespace {

constexpr char kNoPauseInMemcached[] =
    "queues in memcached can't be paused, because it may forget that: stop the pollers, or use "
    "actiond quiet --id N";

constexpr char kNoLookAtLater[] =
    "{} can't show what waits for its time; those events come when their time is there";

Error no_look_at_later(const action::Link::Target& target) {
  return {fmt::format(kNoLookAtLater, target.memcached.empty() ? "RabbitMQ" : "memcached")};
}

// Tries RabbitMQ's nodes in order until one answers.
template <typename Value, typename Try>
Result<Value> first_of(const action::Link::Target& target, Try&& attempt) {
  std::string problems;
  for (const auto& address : target.brokers) {
    const auto url = action::parse_broker_url(address);
    if (!url) return url.error();
    Result<Value> value = attempt(*url);
    if (value) return value;
    if (!problems.empty()) problems += "; ";
    problems += value.error().text;
  }
  return Error{problems + target.advice};
}

}  // namespace

Result<std::unique_ptr<Broker>> connect_broker(const Config& config, const std::string& name,
                                               std::chrono::milliseconds timeout) {
  const auto target = target_of(config, name);
  if (!target) return target.error();
  if (!target->queue_file.empty())
    return SqliteBroker::connect(target->queue_file, config, name, timeout);
  if (!target->memcached.empty())
    return connect_memcached(target->memcached, config, name, timeout);
  if (!target->database.empty()) return connect_database(target->database, config, name, timeout);
  std::size_t tried = 0;
  return first_of<std::unique_ptr<Broker>>(*target, [&](const auto& url) {
    const bool is_last = ++tried == target->brokers.size();
    return RabbitBroker::connect(url, config, name, timeout, is_last);
  });
}

Result<void> make_tables(const Config& config, const std::string& name,
                         std::chrono::milliseconds timeout) {
  const auto target = target_of(config, name);
  if (!target) return target.error();
  if (target->database.empty()) return {};
  return make_tables_of_database(*target, timeout);
}

// The others have all that they need, or can't be connected to.
Result<std::vector<std::string>> tend_broker(const Config& config, const std::string& name,
                                             std::chrono::milliseconds timeout) {
  const auto target = target_of(config, name);
  if (!target) return target.error();
  if (target->brokers.empty()) return std::vector<std::string>{};
  return first_of<std::vector<std::string>>(
      *target, [&](const auto& url) { return tend_rabbit(*target, url, timeout); });
}

Result<std::unique_ptr<DeadLetters>> open_dead_letters(const Config& config,
                                                       const std::string& name,
                                                       std::chrono::milliseconds timeout) {
  const auto target = target_of(config, name);
  if (!target) return target.error();
  if (!target->queue_file.empty()) return open_sqlite_dead_letters(*target, timeout);
  if (!target->memcached.empty()) return open_memcached_dead_letters(*target, timeout);
  if (!target->database.empty()) return open_sql_dead_letters(*target, timeout);
  return first_of<std::unique_ptr<DeadLetters>>(
      *target, [&](const auto& url) { return open_rabbit_dead_letters(*target, url, timeout); });
}

Result<std::unique_ptr<Backlog>> open_backlog(const Config& config, const std::string& name,
                                              std::chrono::milliseconds timeout) {
  const auto target = target_of(config, name);
  if (!target) return target.error();
  if (!target->queue_file.empty()) return open_sqlite_backlog(*target, timeout);
  if (!target->memcached.empty()) return open_memcached_backlog(*target, timeout);
  if (!target->database.empty()) return open_sql_backlog(*target, timeout);
  return first_of<std::unique_ptr<Backlog>>(
      *target, [&](const auto& url) { return open_rabbit_backlog(*target, url, timeout); });
}

Result<bool> is_same_backlog(const action::Link::Target& one, const action::Link::Target& other,
                             std::chrono::milliseconds timeout) {
  if (action::is_same_place(one, other)) return true;
  if (!one.database.empty() && !other.database.empty()) return is_one_database(one, other, timeout);
  if (!one.memcached.empty() && !other.memcached.empty())
    return is_one_memcached(one, other, timeout);
  if (!one.brokers.empty() && !other.brokers.empty())
    return first_of<bool>(one, [&](const auto& url) {
      return first_of<bool>(other, [&](const auto& second) {
        return is_one_rabbit(url, second, one.topology.application, timeout);
      });
    });
  std::error_code missing;  // a file that is not there yet is no other
  return !one.queue_file.empty() && !other.queue_file.empty() &&
         std::filesystem::equivalent(one.queue_file, other.queue_file, missing);
}

Result<std::unique_ptr<Lease>> open_lease(const Config& config, const std::string& name, Obey obey,
                                          std::chrono::milliseconds timeout) {
  const auto target = target_of(config, name);
  if (!target) return target.error();
  if (!target->memcached.empty())
    return Error{"cron: wants a broker that forgets nothing: RabbitMQ, a database or a queue file"};
  if (!target->queue_file.empty()) return open_sqlite_lease(*target, std::move(obey), timeout);
  if (!target->database.empty()) return open_sql_lease(*target, std::move(obey), timeout);
  return first_of<std::unique_ptr<Lease>>(
      *target, [&](const auto& url) { return open_rabbit_lease(*target, url, obey, timeout); });
}

Result<std::unique_ptr<Fleet>> open_fleet(const Config& config, const std::string& name,
                                          std::chrono::milliseconds timeout) {
  const auto target = target_of(config, name);
  if (!target) return target.error();
  if (target->brokers.empty())
    return Error{
        "pollers on other machines are reached over RabbitMQ only: ask on each machine, without "
        "--host"};
  return first_of<std::unique_ptr<Fleet>>(
      *target, [&](const auto& url) { return open_rabbit_fleet(*target, url, timeout); });
}

// Whoever may write to a queue file, or reach memcached, may do all.
Result<std::vector<std::string>> missing_rights(const Config& config, const std::string& name,
                                                std::chrono::milliseconds timeout) {
  const auto target = target_of(config, name);
  if (!target) return target.error();
  if (!target->queue_file.empty()) return std::vector<std::string>{};
  if (!target->memcached.empty()) return std::vector<std::string>{};
  if (!target->database.empty())
    return missing_rights_in_database(*target, !config.cron.empty(), timeout);
  return first_of<std::vector<std::string>>(
      *target, [&](const auto& url) { return missing_rights_at_rabbit(*target, url, timeout); });
}

// The others have no policies.
Result<std::optional<std::string>> try_delays(const Config& config, const std::string& name,
                                              std::chrono::milliseconds timeout) {
  const auto target = target_of(config, name);
  if (!target) return target.error();
  if (target->brokers.empty()) return std::optional<std::string>();
  return first_of<std::optional<std::string>>(
      *target, [&](const auto& url) { return try_delays_of_rabbit(*target, url, timeout); });
}

Result<BrokerLook> look_at_broker(const Config& config, const std::string& name,
                                  std::chrono::milliseconds timeout) {
  const auto target = target_of(config, name);
  if (!target) return target.error();
  if (!target->queue_file.empty()) return look_at_sqlite(*target, timeout);
  if (!target->memcached.empty()) return look_at_memcached(*target, timeout);
  if (!target->database.empty()) return look_at_database(*target, timeout);
  return first_of<BrokerLook>(
      *target, [&](const auto& url) { return look_at_rabbit(*target, url, timeout); });
}

Result<LaterLook> look_at_later(const Config& config, const std::string& name,
                                std::chrono::milliseconds timeout) {
  const auto target = target_of(config, name);
  if (!target) return target.error();
  if (!target->queue_file.empty()) return look_at_later_in_file(*target, timeout);
  if (!target->database.empty()) return look_at_later_in_database(*target, timeout);
  return no_look_at_later(*target);
}

Result<bool> make_due_now(const Config& config, const std::string& name, const LaterName& which,
                          std::chrono::milliseconds timeout) {
  const auto target = target_of(config, name);
  if (!target) return target.error();
  if (!target->queue_file.empty()) return make_due_now_in_file(*target, which, timeout);
  if (!target->database.empty()) return make_due_now_in_database(*target, which, timeout);
  return no_look_at_later(*target);
}

Result<void> pause_queues(const Config& config, const std::string& name,
                          const std::vector<std::string>& queues, const Pause& pause,
                          std::chrono::milliseconds timeout) {
  const auto target = target_of(config, name);
  if (!target) return target.error();
  if (!target->queue_file.empty()) return pause_in_file(*target, queues, pause, timeout);
  if (!target->memcached.empty()) return Error{kNoPauseInMemcached};
  if (!target->database.empty()) return pause_in_database(*target, queues, pause, timeout);
  const auto paused = first_of<bool>(*target, [&](const auto& url) -> Result<bool> {
    auto done = pause_at_rabbit(*target, url, queues, pause, timeout);
    return done ? Result<bool>(true) : done.error();
  });
  return paused ? Result<void>() : paused.error();
}

Result<std::vector<std::string>> resume_queues(const Config& config, const std::string& name,
                                               const std::vector<std::string>& queues,
                                               std::chrono::milliseconds timeout) {
  const auto target = target_of(config, name);
  if (!target) return target.error();
  if (!target->queue_file.empty()) return resume_in_file(*target, queues, timeout);
  if (!target->memcached.empty()) return Error{kNoPauseInMemcached};
  if (!target->database.empty()) return resume_in_database(*target, queues, timeout);
  return first_of<std::vector<std::string>>(
      *target, [&](const auto& url) { return resume_at_rabbit(*target, url, queues, timeout); });
}

}  // namespace actiond
