#include "broker/store/mailbox_broker.hpp"

#include <poll.h>

#include <algorithm>

#include "client/topology.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr auto kLongestGoodbye = 10s;         // of a server that hangs
constexpr std::size_t kMostWaiting = 10'000;  // publications

}  // namespace

Result<std::unique_ptr<Broker>> MailboxBroker::make(std::string name, std::size_t queues,
                                                    std::vector<std::string> remarks,
                                                    const Begin& begin, std::vector<bool> paused) {
  auto mailbox = Mailbox::open(queues);
  if (!mailbox) return mailbox.error();
  std::unique_ptr<MailboxBroker> broker(
      new MailboxBroker(std::move(name), std::move(remarks), std::move(*mailbox), queues));
  if (!paused.empty()) broker->paused_ = std::move(paused);
  broker->thread_ = begin(*broker->mailbox_);
  return std::unique_ptr<Broker>(std::move(broker));
}

Result<void> MailboxBroker::receive(BrokerListener& listener) {
  auto news = mailbox_->take_news();
  is_closed_ |= news.is_closed;
  if (is_closing_) return news.failure ? Result<void>(*news.failure) : Result<void>();
  tell(news, listener);
  return news.failure ? Result<void>(*news.failure) : Result<void>();
}

void MailboxBroker::tell(News& news, BrokerListener& listener) {
  for (QueueIndex i = 0; i < announced_.size(); ++i)
    if (const auto prefetch = std::exchange(announced_[i], std::nullopt))
      listener.on_consuming(i, *prefetch);
  if (news.paused) tell_pauses(*news.paused, listener);
  for (auto& [queue, claim] : news.arrived)
    listener.on_delivery(queue, static_cast<std::uint64_t>(claim.seq), claim.is_redelivered,
                         claim.message);
  for (const auto queue : news.probe_delivered) listener.on_probe_delivered(queue);
  for (const auto queue : news.proven_empty) listener.on_proven_empty(queue);
  for (const auto& [number, taken] : news.confirmed) listener.on_published(number, taken);
}

void MailboxBroker::tell_pauses(const std::vector<bool>& paused, BrokerListener& listener) {
  for (QueueIndex i = 0; i < paused.size(); ++i) {
    if (paused_[i] == paused[i]) continue;
    paused_[i] = paused[i];
    listener.on_paused(i, paused[i]);
  }
}

Result<void> MailboxBroker::consume(QueueIndex queue, int prefetch) {
  announced_[queue] = prefetch;
  mailbox_->consume(queue, prefetch);
  return {};
}

Result<void> MailboxBroker::cancel(QueueIndex queue) {
  announced_[queue].reset();
  mailbox_->consume(queue, 0);
  return {};
}

Result<void> MailboxBroker::probe(QueueIndex queue) {
  mailbox_->probe(queue);
  return {};
}

void MailboxBroker::acknowledge(QueueIndex queue, std::uint64_t tag, Handled handled) {
  orders_.acknowledged.push_back({queue, static_cast<std::int64_t>(tag), handled});
}

Result<void> MailboxBroker::give_back(QueueIndex queue, std::uint64_t tag) {
  orders_.given_back.push_back({queue, static_cast<std::int64_t>(tag)});
  return {};
}

Result<void> MailboxBroker::flush() {
  mailbox_->give(orders_);
  return {};
}

Result<std::uint64_t> MailboxBroker::publish(const std::string& queue, const Message& message) {
  return publish_later(queue, message, {});
}

Result<std::uint64_t> MailboxBroker::publish_dead(const Message& message) {
  auto number = publish_later(action::kDead, message, {});
  orders_.stored.back().message.unique = {};  // it lets go of its key
  return number;
}

Result<std::uint64_t> MailboxBroker::publish_later(const std::string& queue, const Message& message,
                                                   std::chrono::milliseconds delay) {
  orders_.stored.push_back(
      {++published_, queue, std::max<std::int64_t>(0, delay.count()), message});
  return published_;
}

bool MailboxBroker::is_blocked() const {
  return mailbox_->waiting() > kMostWaiting;
}

Result<void> MailboxBroker::begin_close() {
  is_closing_ = true;
  auto flushed = flush();
  mailbox_->close();
  return flushed;
}

Result<void> MailboxBroker::close() {
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
