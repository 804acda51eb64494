#include "client/link.hpp"

#include <algorithm>

#include "client/memcached/address.hpp"
#include "client/memcached/memcached_link.hpp"
#include "client/rabbitmq/broker_url.hpp"
#include "client/rabbitmq/rabbit_link.hpp"
#include "client/sql/address.hpp"
#include "client/sql/sql_link.hpp"
#include "client/sqlite/address.hpp"
#include "client/sqlite/sqlite_link.hpp"

namespace action {

Result<std::unique_ptr<Link>> Link::open(const Target& target, OnSettled on_settled,
                                         std::chrono::milliseconds timeout) {
  if (!target.queue_file.empty()) return SqliteLink::open(target, std::move(on_settled), timeout);
  if (!target.database.empty()) return sql::SqlLink::open(target, std::move(on_settled), timeout);
  if (!target.memcached.empty())
    return memcached::MemcachedLink::open(target, std::move(on_settled), timeout);
  return RabbitLink::open(target, on_settled, timeout);
}

Result<void> read_addresses(std::string_view text, Link::Target& target) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  const auto address = text.substr(begin == std::string_view::npos ? text.size() : begin);
  if (is_queue_file(address)) {
    auto path = queue_file_of(address);
    if (!path) return path.error();
    target.queue_file = std::move(*path);
    return {};
  }
  const auto trimmed = address.substr(0, address.find_last_not_of(" \t\r\n") + 1);
  if (memcached::is_memcached(trimmed)) {
    target.memcached = trimmed;
    const auto server = memcached::parse_memcached_address(trimmed);
    return server ? Result<void>() : server.error();
  }
  if (sql::is_database(trimmed)) {
    target.database = trimmed;
    const auto url = sql::parse_database_url(target.database);
    return url ? Result<void>() : url.error();
  }
  const auto urls = split_broker_urls(text);
  if (!urls) return urls.error();
  for (const auto url : *urls) target.brokers.emplace_back(url);
  return {};
}

bool is_same_place(const Link::Target& one, const Link::Target& other) {
  if (!one.queue_file.empty() && !other.queue_file.empty())
    return is_same_file(one.queue_file, other.queue_file);
  if (!one.database.empty() && !other.database.empty())
    return sql::is_same_database(one.database, other.database);
  if (!one.memcached.empty() && !other.memcached.empty())
    return memcached::is_same_server(one.memcached, other.memcached);
  return std::any_of(one.brokers.begin(), one.brokers.end(), [&](const auto& url) {
    return std::any_of(other.brokers.begin(), other.brokers.end(),
                       [&](const auto& same) { return is_same_virtual_host(url, same); });
  });
}

}  // namespace action
