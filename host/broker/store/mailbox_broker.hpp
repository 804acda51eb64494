// A queue in a database, or in memcached, behind the Broker interface. A thread of its own speaks
// to the server; the loop only ever looks into their mailbox. Events are taken many at a time,
// those of a lower queue only where the higher ones have no more.
#pragma once

#include <functional>
#include <optional>

#include "broker/store/mailbox.hpp"

namespace actiond {

// What speaks to the server. Its end is as a crash would be: what is not settled is the next one's.
class StoreThread {
 public:
  virtual ~StoreThread() = default;
  // Ends whatever the thread waits for; it fails then. Any thread.
  virtual void interrupt() = 0;
  virtual int most_held() const { return kMostHeld; }  // see Broker
};

class MailboxBroker : public Broker {
 public:
  // `begin` starts the thread; the mailbox outlives it. `remarks`: see Broker.
  // `paused`: which of the queues are; empty: none.
  using Begin = std::function<std::unique_ptr<StoreThread>(Mailbox& mailbox)>;
  static Result<std::unique_ptr<Broker>> make(std::string name, std::size_t queues,
                                              std::vector<std::string> remarks, const Begin& begin,
                                              std::vector<bool> paused = {});
  ~MailboxBroker() override = default;
  MailboxBroker(const MailboxBroker&) = delete;
  MailboxBroker& operator=(const MailboxBroker&) = delete;

  std::vector<int> descriptors() const override { return {mailbox_->news_fd()}; }
  std::chrono::milliseconds heartbeat() const override { return std::chrono::seconds(10); }
  bool is_quiet_until_readable() const override { return true; }
  std::string name() const override { return name_; }
  std::vector<std::string> remarks() const override { return remarks_; }
  int most_held() const override { return thread_->most_held(); }
  std::optional<bool> is_paused(QueueIndex queue) const override { return paused_[queue]; }
  Result<void> receive(BrokerListener& listener) override;
  Result<void> consume(QueueIndex queue, int prefetch) override;
  Result<void> cancel(QueueIndex queue) override;
  Result<void> probe(QueueIndex queue) override;
  void acknowledge(QueueIndex queue, std::uint64_t tag, Handled handled) override;
  Result<void> give_back(QueueIndex queue, std::uint64_t tag) override;
  Result<void> flush() override;
  Result<std::uint64_t> publish(const std::string& queue, const Message& message) override;
  Result<std::uint64_t> publish_dead(const Message& message) override;
  Result<std::uint64_t> publish_later(const std::string& queue, const Message& message,
                                      std::chrono::milliseconds delay) override;
  bool is_blocked() const override;
  Result<void> close() override;
  Result<void> begin_close() override;
  bool is_closed() const override { return is_closed_; }

 private:
  MailboxBroker(std::string name, std::vector<std::string> remarks,
                std::unique_ptr<Mailbox> mailbox, std::size_t queues)
      : name_(std::move(name)),
        remarks_(std::move(remarks)),
        mailbox_(std::move(mailbox)),
        announced_(queues),
        paused_(queues) {}
  void tell_pauses(const std::vector<bool>& paused, BrokerListener& listener);
  void tell(News& news, BrokerListener& listener);

  std::string name_;
  std::vector<std::string> remarks_;
  std::unique_ptr<Mailbox> mailbox_;
  Orders orders_;                              // since the last flush
  std::vector<std::optional<int>> announced_;  // prefetch that the listener is to be told of
  std::vector<bool> paused_;                   // of each queue
  std::uint64_t published_ = 0;
  bool is_closing_ = false;
  bool is_closed_ = false;
  std::unique_ptr<StoreThread> thread_;  // the last: it uses the mailbox
};

}  // namespace actiond
