// A queue file behind the Broker interface. Events are taken many at a time, those of a lower queue
// only where the higher ones have no more; what was settled, stored and taken travels in one
// transaction. Before each answer to the poller the file is asked whether anybody has changed it,
// so a higher event that is stored is seen before a lower one starts.
#pragma once

#include <deque>
#include <optional>

#include "broker/broker.hpp"
#include "broker/sqlite/alarm.hpp"
#include "broker/sqlite/claims.hpp"
#include "broker/sqlite/owner.hpp"
#include "client/topology.hpp"

namespace actiond {

class SqliteBroker : public Broker {
 public:
  // `path`: absolute. Creates the file if it is missing. Blocks up to `timeout`.
  static Result<std::unique_ptr<Broker>> connect(const std::string& path, const Config& config,
                                                 const std::string& name,
                                                 std::chrono::milliseconds timeout);

  std::vector<int> descriptors() const override { return alarm_.descriptors(); }
  std::chrono::milliseconds heartbeat() const override { return std::chrono::seconds(10); }
  std::string name() const override { return "sqlite:" + file_->database().path(); }
  std::chrono::milliseconds rest() const override;
  Result<void> receive(BrokerListener& listener) override;
  Result<void> consume(QueueIndex queue, int prefetch) override;
  Result<void> cancel(QueueIndex queue) override;
  std::optional<bool> is_paused(QueueIndex queue) const override { return paused_[queue]; }
  Result<void> probe(QueueIndex queue) override;
  void acknowledge(QueueIndex queue, std::uint64_t tag, Handled handled) override;
  Result<void> give_back(QueueIndex queue, std::uint64_t tag) override;
  Result<void> flush() override;
  Result<std::uint64_t> publish(const std::string& queue, const Message& message) override;
  Result<std::uint64_t> publish_dead(const Message& message) override;
  Result<std::uint64_t> publish_later(const std::string& queue, const Message& message,
                                      std::chrono::milliseconds delay) override;
  bool is_blocked() const override { return false; }
  Result<void> close() override;
  Result<void> begin_close() override;
  bool is_closed() const override { return is_closed_; }

 private:
  static constexpr std::chrono::seconds kLongestBusy{10};  // then the file counts as lost

  struct Queue {
    std::int64_t row = 0;
    int prefetch = 0;
    int held = 0;  // with the poller, or on the way there
    bool is_announced = true;
    bool is_probed = false;
    bool may_have_more = true;  // than has been taken
    // It is this queue's turn once all higher ones have nothing more; a probe does not wait.
    bool is_worth_a_look(bool is_its_turn) const {
      return prefetch > 0 && may_have_more && (is_its_turn || is_probed);
    }
    int wanted() const { return std::max(prefetch - held, is_probed && prefetch > 0 ? 1 : 0); }
  };
  struct Arrival {
    QueueIndex queue;
    Claim claim;
  };

  SqliteBroker(std::unique_ptr<action::QueueFile> file, Owner owner, Alarm alarm);
  Result<void> open(const Config& config);
  Result<void> tick(BrokerListener& listener);
  Result<void> look_at_pauses_in_file(BrokerListener* listener);
  Result<void> look();
  Result<void> go_on_closing();
  bool is_something_there();
  Result<void> exchange();
  Result<void> settle(std::int64_t now_ms);
  Result<void> take();
  Result<void> be_patient(const Error& error);
  void expect_more();
  void tell(BrokerListener& listener);
  void answer_probe(QueueIndex index, BrokerListener& listener, bool has_delivered);
  void arm();
  Result<std::uint64_t> store(std::int64_t queue, const Message& message, std::int64_t due_at_ms);
  bool has_settlements() const {
    return !acknowledged_.empty() || !given_back_.empty() || !stored_.empty();
  }
  bool has_news() const;

  std::unique_ptr<action::QueueFile> file_;
  Owner owner_;
  Alarm alarm_;
  Claims claims_;
  action::Topology topology_;
  std::vector<Queue> queues_;
  std::vector<std::string> full_names_;  // of those
  std::vector<bool> paused_;             // which of those are
  std::int64_t dead_ = 0;

  // for the next transaction
  struct Settled {
    QueueIndex queue;
    std::int64_t seq;
    Handled handled;
  };
  struct Stored {
    std::uint64_t number;
    std::int64_t queue;
    std::int64_t due_at_ms;
    Message message;
    std::string holder;  // who has its unique key, so that it was not stored; empty: it was
  };
  static Result<void> answer_of(const Stored& stored);
  std::vector<Settled> acknowledged_;
  std::vector<std::int64_t> given_back_;
  std::vector<Stored> stored_;
  std::uint64_t published_ = 0;

  // from the last one, not yet told
  std::vector<Arrival> taken_;  // by a transaction that is not over
  std::deque<Arrival> arrived_;
  std::vector<std::pair<std::uint64_t, Result<void>>> confirmed_;

  std::optional<std::int64_t> next_due_ms_;
  MonotonicTime next_tick_{};
  std::optional<MonotonicTime> busy_since_;
  bool is_closing_ = false;
  bool is_closed_ = false;
};

}  // namespace actiond
