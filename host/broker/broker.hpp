// What a poller needs of a broker, whichever it is: deliveries in, settlements and publications
// out. One thread. After connect nothing here waits for the broker but close, and any call may find
// that the connection is lost: then the object is of no further use, every tag it gave out is void,
// and the broker offers all that was not settled again.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/config/config.hpp"
#include "base/result.hpp"
#include "client/message.hpp"

namespace actiond {

using action::Message;
class FleetLink;

// An index into the configuration's queues_to_consume(); 0 is the highest.
using QueueIndex = std::size_t;

// Told by Broker::receive what has come. Calls back into the broker only to settle.
class BrokerListener {
 public:
  virtual ~BrokerListener() = default;
  // A delivery, to be settled with its tag exactly once. The message's contents may be swapped
  // out; what is left there is reused.
  virtual void on_delivery(QueueIndex queue, std::uint64_t tag, bool is_redelivered,
                           Message& message) = 0;
  // A consumer with this prefetch is in force: what becomes ready in the queue is pushed.
  virtual void on_consuming(QueueIndex queue, int prefetch) = 0;
  // The answer to probe: the queue has nothing ready, and all that was on its way has come.
  virtual void on_proven_empty(QueueIndex queue) = 0;
  // The answer to probe: it had a message, which came by on_delivery just now.
  virtual void on_probe_delivered(QueueIndex queue) = 0;
  // Somebody has paused the queue, or resumed it: see Broker::is_paused.
  virtual void on_paused([[maybe_unused]] QueueIndex queue, [[maybe_unused]] bool is_paused) {}
  // It is paused no more, and nobody has said that he resumed it.
  virtual void on_pause_lost([[maybe_unused]] QueueIndex queue) {}
  // The answer to ask_for_key: this delivery may run, or another event has its key, by its id if
  // that is known.
  virtual void on_key([[maybe_unused]] QueueIndex queue, [[maybe_unused]] std::uint64_t tag,
                      [[maybe_unused]] bool may_run, [[maybe_unused]] const std::string& holder) {}
  // What people should know and is no reason to stop: a sentence, once for each connection.
  virtual void on_remark([[maybe_unused]] const std::string& sentence) {}
  // The answer to publish: confirmed, or why it was not taken.
  virtual void on_published(std::uint64_t number, const Result<void>& taken) = 0;
};

// Why a delivery is acknowledged; a broker may count them.
enum class Handled {
  Done,       // its handler is done with it
  Failed,     // a copy to be tried again, or a dead letter, is stored
  Postponed,  // a copy that comes later is stored, and no attempt was spent
};

inline constexpr int kMostHeld = 256;

class Broker {
 public:
  virtual ~Broker() = default;

  // Wait for these to become readable, then receive; also receive at least every heartbeat().
  virtual std::vector<int> descriptors() const = 0;
  virtual std::chrono::milliseconds heartbeat() const = 0;
  // receive has nothing to do until one of them is readable, or a third of a heartbeat has passed.
  virtual bool is_quiet_until_readable() const { return false; }
  // Bytes wait until this one of the descriptors can be written to: then receive sends them.
  virtual bool is_awaiting_room([[maybe_unused]] std::size_t descriptor) const { return false; }
  // Nothing has come at this one: the next receive need not look there, which costs a call of the
  // system.
  virtual void skip([[maybe_unused]] std::size_t descriptor) {}
  // Who has enough to do need not hear at once what comes at this one of the descriptors, but looks
  // there in each turn of its own, at least every 25 ms: it brings deliveries, and what other
  // machines say, but no confirm.
  virtual bool can_wait([[maybe_unused]] std::size_t descriptor) const { return false; }
  // Which one it is, for people: no password in it.
  virtual std::string name() const = 0;
  // What connecting found that people should know and is no reason to stop, a sentence each.
  virtual std::vector<std::string> remarks() const { return {}; }

  // Takes all that has come, without waiting, and tells the listener. Fails if the connection is
  // lost.
  virtual Result<void> receive(BrokerListener& listener) = 0;
  // After a loss: how long nobody should connect again, for others have yet to notice the same.
  virtual std::chrono::milliseconds rest() const { return {}; }
  // Why nothing can be taken from some of the queues, a sentence for each of those, if receive has
  // heard something about it: they count as empty, until after tend_broker they are there again.
  virtual std::optional<std::vector<std::string>> take_queue_problems() { return std::nullopt; }
  // tend_broker has succeeded: asks for those queues, and goes on with each that is there.
  virtual Result<void> tended() { return {}; }

  // From on_consuming on the queue's messages are pushed, at most `prefetch` of them unsettled.
  // Takes the place of a consumer with another prefetch.
  virtual Result<void> consume(QueueIndex queue, int prefetch) = 0;
  // No more is pushed; what was stays delivered. A few may still come until the broker agrees.
  virtual Result<void> cancel(QueueIndex queue) = 0;
  // Asks whether the queue has anything ready; answered by on_proven_empty or on_probe_delivered.
  virtual Result<void> probe(QueueIndex queue) = 0;

  // Events of this queue are to be left alone: see pauses.hpp. Nothing: the broker gives no certain
  // answer, and the queue stays as it was known. What changes is told by on_paused.
  virtual std::optional<bool> is_paused([[maybe_unused]] QueueIndex queue) const { return false; }
  // Asks whether that has changed; `is_told`: somebody says so. A broker that finds out by itself
  // does nothing.
  virtual Result<void> look_at_pauses([[maybe_unused]] bool is_told) { return {}; }

  // Unique keys are kept by the store, which takes no second event with one. False: what comes with
  // a key may run only after ask_for_key, which on_key answers, perhaps at once. It has the key
  // until it is settled.
  virtual bool keeps_keys() const { return true; }
  virtual Result<void> ask_for_key([[maybe_unused]] QueueIndex queue,
                                   [[maybe_unused]] std::uint64_t tag,
                                   [[maybe_unused]] const Message& message,
                                   [[maybe_unused]] BrokerListener& listener) {
    return {};
  }

  // Of the messages of one queue that wait and run at a poller, however short: where an exchange
  // costs much, one carries many.
  virtual int most_held() const { return kMostHeld; }

  // Over which pollers on other machines are heard, as long as the broker; nullptr: it can't.
  virtual FleetLink* fleet() { return nullptr; }

  // Settle a delivery. Acknowledgements are gathered until flush, the others are sent at once.
  virtual void acknowledge(QueueIndex queue, std::uint64_t tag, Handled handled) = 0;
  virtual Result<void> give_back(QueueIndex queue, std::uint64_t tag) = 0;
  virtual Result<void> flush() = 0;

  // Stores a message in a work queue, or among the dead letters; returns its number. Answered by
  // on_published, in any order.
  virtual Result<std::uint64_t> publish(const std::string& queue, const Message& message) = 0;
  virtual Result<std::uint64_t> publish_dead(const Message& message) = 0;
  // The same for a work queue, but the message reaches it only after `delay`, kept by the broker.
  virtual Result<std::uint64_t> publish_later(const std::string& queue, const Message& message,
                                              std::chrono::milliseconds delay) = 0;
  // The broker takes no publications now (an alarm, or it reads too slowly); keep them back.
  virtual bool is_blocked() const = 0;
  // The same for an alarm alone, which may last; not because much waits to be sent.
  virtual bool is_in_alarm() const { return false; }

  // Flushes, and returns once the broker has applied every settlement. Blocks for seconds at most.
  virtual Result<void> close() = 0;
  // The same without a wait: receive hears the answer, and tells the listener nothing any more.
  virtual Result<void> begin_close() { return close(); }
  // Every settlement is applied: the answer has come.
  virtual bool is_closed() const { return true; }
};

// Connects to the first of the configuration's brokers that answers, and makes sure that the
// application's queues exist. Blocks, up to `timeout` for each broker; may be called from a thread
// of its own. `name` tells the broker's operator who this is.
Result<std::unique_ptr<Broker>> connect_broker(const Config& config, const std::string& name,
                                               std::chrono::milliseconds timeout);

// Makes each of the application's tables that is missing, in a database; elsewhere connecting does
// as much. Blocks up to `timeout`.
Result<void> make_tables(const Config& config, const std::string& name,
                         std::chrono::milliseconds timeout);

// Looks whether all that the application needs is there, makes anew what is not, and sends on what
// was due and had no queue. Returns what was there before and is lost, a sentence each. Over a
// connection of its own; blocks as connect_broker does.
Result<std::vector<std::string>> tend_broker(const Config& config, const std::string& name,
                                             std::chrono::milliseconds timeout);

}  // namespace actiond
