#include "client/rabbitmq/rabbit_link.hpp"

#include <algorithm>

#include "client/rabbitmq/declare.hpp"
#include "client/rabbitmq/delay.hpp"

namespace action {
namespace {

constexpr amqp_channel_t kPublishing = 1;
constexpr std::chrono::milliseconds kGoodbye{1000};
constexpr std::chrono::milliseconds kLeastTry{500};
constexpr std::chrono::milliseconds kSilent{5000};  // so long nothing is asked about a queue again

}  // namespace

RabbitLink::RabbitLink(std::unique_ptr<Connection> connection, Topology topology)
    : connection_(std::move(connection)), topology_(std::move(topology)) {}

// One that was blocked is not read by the broker, and would not answer.
RabbitLink::~RabbitLink() {
  if (connection_ == nullptr || !is_open() || publisher_ == nullptr || is_blocked()) return;
  if (publisher_->unconfirmed() > 0)
    (void)connection_->close(kGoodbye);
  else
    connection_->say_goodbye();
}

Result<std::unique_ptr<Link>> RabbitLink::open(const Target& target, const OnSettled& on_settled,
                                               std::chrono::milliseconds timeout) {
  const auto each = std::max(timeout / static_cast<int>(target.brokers.size()), kLeastTry);
  std::string problems;
  for (const auto& address : target.brokers) {
    auto link = open_one(target, address, on_settled, each);
    if (link) return link;
    if (!problems.empty()) problems += "; ";
    problems += link.error().text;
  }
  return Error{problems + target.advice};
}

Result<std::unique_ptr<Link>> RabbitLink::open_one(const Target& target, const std::string& address,
                                                   const OnSettled& on_settled,
                                                   std::chrono::milliseconds timeout) {
  const auto url = parse_broker_url(address);
  if (!url) return url.error();
  auto connection = Connection::open(*url, target.name, timeout);
  if (!connection) return connection.error();
  std::unique_ptr<RabbitLink> link(new RabbitLink(std::move(*connection), target.topology));
  for (const amqp_channel_t channel : {kPublishing, link->declaring_})
    if (auto begun = link->connection_->begin_channel(channel); !begun) return begun.error();
  auto publisher = Publisher::open(*link->connection_, kPublishing, on_settled);
  if (!publisher) return publisher.error();
  link->publisher_ = std::move(*publisher);
  return std::unique_ptr<Link>(std::move(link));
}

// The dead letters by the default exchange, so that no work queue's name can collide with them.
Result<std::uint64_t> RabbitLink::publish(const std::string& queue, const Message& message) {
  if (!declared_.contains(queue))
    if (auto declared = declare(queue, false); !declared) return declared.error();
  if (queue == kDead) return publisher_->publish("", topology_.dead(), message);
  return publisher_->publish(topology_.application, queue, message);
}

Result<std::uint64_t> RabbitLink::publish_later(const std::string& queue, const Message& message,
                                                std::chrono::milliseconds delay) {
  if (!declared_.contains(queue) || !delayed_.contains(queue))
    if (auto declared = declare(queue, true); !declared) return declared.error();
  return action::publish_later(*publisher_, topology_.application, queue, message, delay);
}

// Many events may be for one queue: each of them need not find out.
Result<void> RabbitLink::was_silent(const std::string& queue) {
  const auto found = silent_.find(queue);
  if (found == silent_.end()) return {};
  if (std::chrono::steady_clock::now() - found->second.since < kSilent) return found->second.error;
  silent_.erase(found);
  return {};
}

// What it has not declared yet of the queue and, if it is to be reached later, of the delays.
Result<void> RabbitLink::declare(const std::string& queue, bool is_later) {
  if (auto known = was_silent(queue); !known) return known;
  topology_.queues = queue == kDead ? std::vector<std::string>{} : std::vector{queue};
  Declaration declaration(topology_);
  if (!declared_.contains(queue) && queue != kDead) declaration.leave_lost_dead();
  if (!declared_.contains(queue)) declaration.queues();
  if (is_later && delayed_.empty()) declaration.delays();
  if (is_later && !delayed_.empty()) declaration.delay_bindings();
  if (auto done = declaration.run(*connection_, declaring_); !done) return done;
  if (auto reached = declaration.reached(topology_.queue(queue)); !reached) {
    silent_.insert_or_assign(queue, Silence{reached.error(), std::chrono::steady_clock::now()});
    return reached;
  }
  declared_.insert(queue);
  if (is_later) delayed_.insert(queue);
  return {};
}

// It may as well be a delay level that is missing.
void RabbitLink::forget(const std::string& queue) {
  declared_.erase(queue);
  delayed_.clear();
}

Result<void> RabbitLink::wait(std::chrono::milliseconds timeout) {
  auto read = publisher_->wait(timeout);
  if (!read) is_over_ = true;
  return read;
}

// Its socket is closed without a word, and stays open in the parent.
void RabbitLink::abandon() {
  publisher_.reset();
  connection_.reset();
}

}  // namespace action
