#include "broker/sql/sql_broker.hpp"

#include <poll.h>

#include "broker/target.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;
using action::sql::QueueTables;

constexpr auto kAnswerTime = 30s;             // without a word the server counts as lost
constexpr auto kLongestGoodbye = 10s;         // of a server that hangs
constexpr std::size_t kMostWaiting = 10'000;  // publications

// Those that are consumed, and those that handlers may queue to.
Result<void> add_queues(QueueTables& tables, const Config& config) {
  for (const auto& name : config.queues)
    if (auto added = tables.add_queue(name); !added) return added;
  for (const auto& name : config.queues_to_consume())
    if (auto added = tables.add_queue(name); !added) return added;
  return {};
}

}  // namespace

Result<std::unique_ptr<Broker>> SqlBroker::connect(const std::string& address, const Config& config,
                                                   const std::string& name,
                                                   std::chrono::milliseconds timeout) {
  if (config.queue_type == QueueType::Quorum) return Error{action::sql::kNoQuorumInDatabase};
  auto tables = QueueTables::open(address, config.application, name, timeout, kAnswerTime);
  if (!tables) return tables.error();
  if (auto added = add_queues(**tables, config); !added) return added.error();
  auto owner = DatabaseOwner::enter(**tables, name);
  if (!owner) return owner.error();
  if (auto buried = owner->bury_dead(); !buried) return buried.error();
  const auto& queues = config.queues_to_consume();
  auto mailbox = Mailbox::open(queues.size());
  if (!mailbox) return mailbox.error();
  std::unique_ptr<SqlBroker> broker(
      new SqlBroker((*tables)->shown(), std::move(*mailbox), queues.size()));
  broker->thread_ =
      std::make_unique<DatabaseThread>(std::move(*tables), *owner, queues, *broker->mailbox_);
  return std::unique_ptr<Broker>(std::move(broker));
}

Result<void> SqlBroker::receive(BrokerListener& listener) {
  auto news = mailbox_->take_news();
  is_closed_ |= news.is_closed;
  if (is_closing_) return news.failure ? Result<void>(*news.failure) : Result<void>();
  tell(news, listener);
  return news.failure ? Result<void>(*news.failure) : Result<void>();
}

void SqlBroker::tell(News& news, BrokerListener& listener) {
  for (QueueIndex i = 0; i < announced_.size(); ++i)
    if (const auto prefetch = std::exchange(announced_[i], std::nullopt))
      listener.on_consuming(i, *prefetch);
  for (auto& [queue, claim] : news.arrived)
    listener.on_delivery(queue, static_cast<std::uint64_t>(claim.seq), claim.is_redelivered,
                         claim.message);
  for (const auto queue : news.probe_delivered) listener.on_probe_delivered(queue);
  for (const auto queue : news.proven_empty) listener.on_proven_empty(queue);
  for (const auto& [number, taken] : news.confirmed) listener.on_published(number, taken);
}

Result<void> SqlBroker::consume(QueueIndex queue, int prefetch) {
  announced_[queue] = prefetch;
  mailbox_->consume(queue, prefetch);
  return {};
}

Result<void> SqlBroker::cancel(QueueIndex queue) {
  announced_[queue].reset();
  mailbox_->consume(queue, 0);
  return {};
}

Result<void> SqlBroker::probe(QueueIndex queue) {
  mailbox_->probe(queue);
  return {};
}

void SqlBroker::acknowledge(QueueIndex queue, std::uint64_t tag, Handled handled) {
  orders_.acknowledged.push_back({queue, static_cast<std::int64_t>(tag), handled});
}

Result<void> SqlBroker::give_back(QueueIndex queue, std::uint64_t tag) {
  orders_.given_back.push_back({queue, static_cast<std::int64_t>(tag)});
  return {};
}

Result<void> SqlBroker::flush() {
  mailbox_->give(orders_);
  return {};
}

Result<std::uint64_t> SqlBroker::publish(const std::string& queue, const Message& message) {
  return publish_later(queue, message, {});
}

Result<std::uint64_t> SqlBroker::publish_dead(const Message& message) {
  return publish_later(action::kDead, message, {});
}

Result<std::uint64_t> SqlBroker::publish_later(const std::string& queue, const Message& message,
                                               std::chrono::milliseconds delay) {
  orders_.stored.push_back(
      {++published_, queue, std::max<std::int64_t>(0, delay.count()), message});
  return published_;
}

bool SqlBroker::is_blocked() const {
  return mailbox_->waiting() > kMostWaiting;
}

Result<void> SqlBroker::begin_close() {
  is_closing_ = true;
  auto flushed = flush();
  mailbox_->close();
  return flushed;
}

Result<void> SqlBroker::close() {
  if (auto begun = begin_close(); !begun) return begun;
  const auto end = monotonic_now() + kLongestGoodbye;
  for (auto now = monotonic_now(); now < end; now = monotonic_now()) {
    pollfd fd{mailbox_->news_fd(), POLLIN, 0};
    ::poll(&fd, 1, static_cast<int>((end - now) / 1ms) + 1);
    const auto news = mailbox_->take_news();
    if (news.failure) return *news.failure;
    if (news.is_closed) return {};
  }
  thread_->interrupt();
  return Error{name_ + " does not answer: what this poller has in hand comes again"};
}

}  // namespace actiond
