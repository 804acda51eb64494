// A queue in a database behind the Broker interface. A thread of its own speaks to the server; the
// loop only ever looks into their mailbox. Events are taken many at a time, those of a lower queue
// only where the higher ones have no more.
#pragma once

#include "broker/sql/database_thread.hpp"

namespace actiond {

class SqlBroker : public Broker {
 public:
  // `address`: of the database. Makes its tables if they are missing. Blocks up to `timeout` for
  // the connection.
  static Result<std::unique_ptr<Broker>> connect(const std::string& address, const Config& config,
                                                 const std::string& name,
                                                 std::chrono::milliseconds timeout);
  ~SqlBroker() override = default;
  SqlBroker(const SqlBroker&) = delete;
  SqlBroker& operator=(const SqlBroker&) = delete;

  std::vector<int> descriptors() const override { return {mailbox_->news_fd()}; }
  std::chrono::milliseconds heartbeat() const override { return std::chrono::seconds(10); }
  bool is_quiet_until_readable() const override { return true; }
  std::string name() const override { return name_; }
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
  SqlBroker(std::string name, std::unique_ptr<Mailbox> mailbox, std::size_t queues)
      : name_(std::move(name)), mailbox_(std::move(mailbox)), announced_(queues) {}
  void tell(News& news, BrokerListener& listener);

  std::string name_;
  std::unique_ptr<Mailbox> mailbox_;
  Orders orders_;                              // since the last flush
  std::vector<std::optional<int>> announced_;  // prefetch that the listener is to be told of
  std::uint64_t published_ = 0;
  bool is_closing_ = false;
  bool is_closed_ = false;
  std::unique_ptr<DatabaseThread> thread_;  // the last: it uses the mailbox
};

}  // namespace actiond
