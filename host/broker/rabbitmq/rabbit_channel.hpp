// One work queue on a channel of its own: puts deliveries together from frames, answers probes,
// and keeps the window of acknowledgements. It sends methods and never waits for replies, so the
// poller's loop is never held up by one queue.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "broker/broker.hpp"
#include "broker/rabbitmq/ack_window.hpp"
#include "client/rabbitmq/connection.hpp"

namespace actiond {

class RabbitChannel {
 public:
  // `number` is open on the connection, which must outlive this.
  RabbitChannel(action::Connection& connection, amqp_channel_t number, QueueIndex queue,
                std::string queue_name);

  // A frame of this channel. Fails if the broker closed the channel; but with nothing in hand it is
  // opened anew, and only this queue is not consumed for a while. Fails as well if the broker
  // offers again what is in hand.
  Result<void> take(const amqp_frame_t& frame, BrokerListener& listener);

  Result<void> consume(int prefetch);
  Result<void> cancel();
  Result<void> probe();
  void acknowledge(std::uint64_t tag) { window_.acknowledge(tag); }
  Result<void> give_back(std::uint64_t tag);
  Result<void> flush();

  // Its queue is not there, or the broker lets nobody consume it: it counts as empty, until it may
  // be there again.
  bool is_missing() const { return is_missing_; }
  // It counts as that from now on, before anything was asked of it.
  void miss(std::string trouble);
  // The broker says why it still is.
  void stays_missing(std::string_view why);
  Result<void> is_there_again();
  // Why, in a sentence, until it is consumed; empty: there is none.
  const std::string& trouble() const { return trouble_; }

  QueueIndex queue_index() const { return queue_; }
  const std::string& queue_name() const { return queue_name_; }

  // Of the delivery that a listener is being told of.
  const std::string& routing_key() const { return routing_key_; }

 private:
  Result<void> lose_queue(std::string trouble);
  Result<void> answer_as_empty();
  std::string is_cancelled() const;
  std::string is_gone() const;
  std::string can_not_be_consumed(std::string_view why) const;
  bool is_in_hand(std::size_t id) const;
  std::string is_offered_again() const;
  Result<void> take_cancel(const amqp_basic_cancel_t& cancelled);
  Result<void> take_close(const amqp_method_t& method);
  Result<void> take_method(const amqp_method_t& method, BrokerListener& listener);
  void begin(std::uint64_t tag, bool is_redelivered, bool is_probed, amqp_bytes_t routing_key);
  Result<void> take_header(const amqp_frame_t& frame, BrokerListener& listener);
  void take_body(const amqp_frame_t& frame, BrokerListener& listener);
  void deliver(BrokerListener& listener);
  Result<void> send_qos();
  Result<void> send_second_trip();
  Result<void> pursue();
  Result<void> start_consumer();
  Result<void> cancel_consumer();

  action::Connection& connection_;
  amqp_channel_t number_;
  QueueIndex queue_;
  std::string queue_name_;
  AckWindow window_;
  std::vector<AckWindow::Ack> acks_;

  // A consumer that is cancelled before its consume-ok crashes RabbitMQ's channel (3.10.8: badkey
  // in consumer_monitor), so a change of mind waits for that.
  int wanted_ = 0;  // prefetch; 0: no consumer
  int in_force_ = 0;
  bool is_awaiting_ok_ = false;  // of the consumer in force
  std::uint64_t consumers_made_ = 0;
  std::uint64_t cancelled_after_ = 0;  // the last tag before the broker did that to a consumer
  std::string consumer_;               // its tag
  bool is_second_trip_ = false;        // a probe has found the queue empty and awaits qos-ok
  bool is_probing_ = false;            // a probe awaits its first answer
  bool is_missing_ = false;
  bool is_refused_ = false;  // why is not known to be over before a consumer is taken
  std::string trouble_;
  bool is_told_as_empty_ =
      false;  // with the next qos-ok: a consumer of a missing queue has nothing

  // the delivery that is being put together
  std::uint64_t tag_ = 0;
  bool is_redelivered_ = false;
  bool is_probed_ = false;
  std::string routing_key_;
  std::uint64_t missing_ = 0;
  Message message_;
};

}  // namespace actiond
