// Unique keys in RabbitMQ, which knows none: whoever is to run an event with a key asks here at its
// turn. Who has the key holds a queue that is exclusive to its connection, and goes with it; what
// is to be remembered of the key is the one message of another queue, key_record.hpp. One question
// at a time, on a channel of its own that is opened for the first. It sends methods and never waits
// for the answers.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "broker/broker.hpp"
#include "broker/rabbitmq/key_record.hpp"
#include "client/rabbitmq/connection.hpp"

namespace actiond {

class KeyChannel {
 public:
  // Publishes a record into that queue; returns the number that `confirmed` is told of, or nothing
  // if it can't be published now.
  using Publish =
      std::function<std::optional<std::uint64_t>(const std::string& queue, const Message& message)>;

  // `connection` must outlive this; the channel `number` is not open yet.
  KeyChannel(action::Connection& connection, amqp_channel_t number, std::string application,
             Publish publish);

  // May this delivery run? Answered by BrokerListener::on_key.
  Result<void> ask(QueueIndex queue, std::uint64_t tag, const Message& message);
  // It runs no more: it has ended, or waits to be run again.
  Result<void> acknowledged(QueueIndex queue, std::uint64_t tag, Handled handled);
  Result<void> given_back(QueueIndex queue, std::uint64_t tag);
  // A dead letter of it is stored: what follows is its end.
  void died(const std::string& id);

  // A frame of the channel.
  Result<void> take(const amqp_frame_t& frame);
  // True: it was a record's publication.
  bool confirmed(std::uint64_t number);
  // What was found since then.
  void tell(BrokerListener& listener);

 private:
  using Tag = std::pair<QueueIndex, std::uint64_t>;
  struct Question {
    Tag tag;
    KeyClaim claim;
  };
  struct Holder {
    KeyClaim claim;
    bool is_dead = false;
    bool is_leaving = false;  // its end is being written
  };
  struct Answer {
    Tag tag;
    KeyVerdict verdict;
    std::string holder;  // Drop: the event that has the key, if it is known
  };
  enum class Step { Idle, Locking, Looking };

  Result<void> next();
  Result<void> lock();
  Result<void> look();
  Result<void> get();
  Result<void> on_empty();
  Result<void> on_locked();
  Result<void> decide(const std::optional<KeyRecord>& record);
  Result<void> take_method(const amqp_method_t& method);
  Result<void> take_close(const amqp_method_t& method);
  Result<void> give_up(const std::string& why);
  Result<void> take_body(std::string_view part);
  Result<void> unlock(const std::string& key);
  Result<void> send_unlock(const std::string& key);
  std::optional<std::uint64_t> write(const Holder& holder, std::int64_t ended_ms);
  const Holder* holder_of(const std::string& key) const;

  action::Connection& connection_;
  amqp_channel_t number_;
  std::string application_;
  Publish publish_;
  bool is_open_ = false;
  Step step_ = Step::Idle;
  std::deque<Question> questions_;  // the first of them is being asked, unless Idle
  bool has_lock_ = false;           // of the first
  std::uint64_t record_tag_ = 0;
  std::uint64_t missing_ = 0;  // bytes of the record
  std::string record_;
  int empty_looks_ = 0;  // in a row
  KeyRecord seen_;       // the last one
  MonotonicTime seen_at_;
  std::map<Tag, Holder> holders_;
  std::set<std::uint64_t> records_;       // that are published and not confirmed
  std::map<std::uint64_t, Tag> writing_;  // those of ends
  std::deque<std::string> unlocking_;     // keys whose lock is being removed, in order
  std::vector<Answer> answers_;
  std::string problem_;  // why keys can't be kept; empty: they can, as far as is known
  bool is_problem_told_ = false;
};

}  // namespace actiond
