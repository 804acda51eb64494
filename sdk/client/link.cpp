#include "client/link.hpp"

#include "client/rabbitmq/rabbit_link.hpp"
#include "client/sqlite/address.hpp"
#include "client/sqlite/sqlite_link.hpp"

namespace action {

Result<std::unique_ptr<Link>> Link::open(const Target& target, OnSettled on_settled,
                                         std::chrono::milliseconds timeout) {
  if (target.queue_file.empty()) return RabbitLink::open(target, on_settled, timeout);
  return SqliteLink::open(target, std::move(on_settled), timeout);
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
  auto urls = parse_broker_urls(text);
  if (!urls) return urls.error();
  for (auto& url : *urls) target.brokers.push_back(std::move(url));
  return {};
}

}  // namespace action
