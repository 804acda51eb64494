#include "client/link.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "client/delay.hpp"

namespace action {
namespace {

constexpr amqp_channel_t kPublishing = 1;
constexpr amqp_channel_t kDeclaring = 2;  // the broker closes it when a queue differs
constexpr std::chrono::milliseconds kGoodbye{1000};
constexpr std::chrono::milliseconds kLeastTry{500};

}  // namespace

Link::Link(std::unique_ptr<Connection> connection, Topology topology)
    : connection_(std::move(connection)), topology_(std::move(topology)) {}

// One that was blocked is not read by the broker, and would not answer.
Link::~Link() {
  if (connection_ != nullptr && is_open() && publisher_ != nullptr && !is_blocked())
    (void)connection_->close(kGoodbye);
}

Result<std::unique_ptr<Link>> Link::open(const Target& target, Publisher::OnSettled on_settled,
                                         std::chrono::milliseconds timeout) {
  const auto each = std::max(timeout / static_cast<int>(target.brokers.size()), kLeastTry);
  std::string problems;
  for (const auto& url : target.brokers) {
    auto link = open_one(target, url, on_settled, each);
    if (link) return link;
    if (!problems.empty()) problems += "; ";
    problems += link.error().text;
  }
  return Error{problems};
}

Result<std::unique_ptr<Link>> Link::open_one(const Target& target, const BrokerUrl& url,
                                             const Publisher::OnSettled& on_settled,
                                             std::chrono::milliseconds timeout) {
  auto connection = Connection::open(url, target.name, timeout);
  if (!connection) return connection.error();
  std::unique_ptr<Link> link(new Link(std::move(*connection), target.topology));
  for (const amqp_channel_t channel : {kPublishing, kDeclaring})
    if (auto opened = link->connection_->open_channel(channel); !opened) return opened.error();
  auto publisher = Publisher::open(*link->connection_, kPublishing, on_settled);
  if (!publisher) return publisher.error();
  link->publisher_ = std::move(*publisher);
  return link;
}

Result<std::uint64_t> Link::publish(const std::string& queue, const Message& message) {
  if (!declared_.contains(queue))
    if (auto declared = declare_queue(queue); !declared) return declared.error();
  return publisher_->publish(topology_.application, queue, message);
}

Result<std::uint64_t> Link::publish_later(const std::string& queue, const Message& message,
                                          std::chrono::milliseconds delay) {
  if (!declared_.contains(queue))
    if (auto declared = declare_queue(queue); !declared) return declared.error();
  if (!delayed_.contains(queue))
    if (auto declared = declare_delay(queue); !declared) return declared.error();
  return action::publish_later(*publisher_, topology_.application, queue, message, delay);
}

Result<void> Link::declare_queue(const std::string& queue) {
  topology_.queues = {queue};
  if (auto done = declare(*connection_, kDeclaring, topology_); !done) return done;
  declared_.insert(queue);
  return {};
}

Result<void> Link::declare_delay(const std::string& queue) {
  topology_.queues = {queue};
  auto done = delayed_.empty() ? declare_delays(*connection_, kDeclaring, topology_)
                               : bind_to_delays(*connection_, kDeclaring, topology_);
  if (done) delayed_.insert(queue);
  return done;
}

// It may as well be a delay level that is missing.
void Link::forget(const std::string& queue) {
  declared_.erase(queue);
  delayed_.clear();
}

Result<void> Link::wait(std::chrono::milliseconds timeout) {
  auto read = publisher_->wait(timeout);
  if (!read) is_over_ = true;
  return read;
}

// rabbitmq-c has no way to let go of a socket but to end it, and over TLS that would tell the
// broker: the memory is left as it is.
void Link::abandon() {
  ::close(connection_->fd());
  (void)publisher_.release();
  (void)connection_.release();
}

}  // namespace action
