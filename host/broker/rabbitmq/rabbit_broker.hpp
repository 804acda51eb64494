// RabbitMQ behind the Broker interface. Two connections: one consumes and acknowledges, the other
// publishes and awaits confirms, because a broker in alarm reads nothing from one that publishes.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/broker.hpp"
#include "broker/rabbitmq/control_channel.hpp"
#include "broker/rabbitmq/key_channel.hpp"
#include "broker/rabbitmq/missing_queues.hpp"
#include "broker/rabbitmq/pause_channel.hpp"
#include "broker/rabbitmq/rabbit_channel.hpp"
#include "client/rabbitmq/publisher.hpp"
#include "client/topology.hpp"

namespace actiond {

class RabbitBroker : public Broker {
 public:
  // Connects to one address and declares the topology. Blocks. Fails as well if the broker says
  // nothing about any work queue, unless it is the last of several that is tried.
  static Result<std::unique_ptr<Broker>> connect(const action::BrokerUrl& url, const Config& config,
                                                 const std::string& name,
                                                 std::chrono::milliseconds timeout, bool is_last);

  std::vector<int> descriptors() const override { return {consuming_->fd(), publishing_->fd()}; }
  bool is_quiet_until_readable() const override { return true; }
  bool is_awaiting_room(std::size_t descriptor) const override {
    return (descriptor == 0 ? consuming_ : publishing_)->unsent() > 0;
  }
  void skip(std::size_t descriptor) override {
    (descriptor == 0 ? skips_consuming_ : skips_publishing_) = true;
  }
  bool can_wait(std::size_t descriptor) const override { return descriptor == 0; }
  std::chrono::milliseconds heartbeat() const override { return url_.heartbeat; }
  std::string name() const override { return url_.display(); }
  std::vector<std::string> remarks() const override { return remarks_; }
  Result<void> receive(BrokerListener& listener) override;
  std::optional<std::vector<std::string>> take_queue_problems() override;
  Result<void> tended() override;
  Result<void> consume(QueueIndex queue, int prefetch) override {
    return channels_[queue].consume(prefetch);
  }
  Result<void> cancel(QueueIndex queue) override { return channels_[queue].cancel(); }
  Result<void> probe(QueueIndex queue) override { return channels_[queue].probe(); }
  std::optional<bool> is_paused(QueueIndex queue) const override {
    return pauses_->is_paused(queue);
  }
  Result<void> look_at_pauses(bool is_told) override { return pauses_->ask(is_told); }
  FleetLink* fleet() override { return control_.get(); }
  bool keeps_keys() const override { return false; }
  Result<void> ask_for_key(QueueIndex queue, std::uint64_t tag, const Message& message,
                           BrokerListener& listener) override;
  void acknowledge(QueueIndex queue, std::uint64_t tag, Handled handled) override;
  Result<void> give_back(QueueIndex queue, std::uint64_t tag) override;
  Result<void> flush() override;
  Result<std::uint64_t> publish(const std::string& queue, const Message& message) override;
  Result<std::uint64_t> publish_dead(const Message& message) override;
  Result<std::uint64_t> publish_later(const std::string& queue, const Message& message,
                                      std::chrono::milliseconds delay) override;
  bool is_blocked() const override { return publisher_->is_blocked() || !publisher_->has_room(); }
  bool is_in_alarm() const override { return publisher_->is_blocked(); }
  Result<void> close() override;
  Result<void> begin_close() override;
  bool is_closed() const override { return is_closed_; }

 private:
  RabbitBroker(action::BrokerUrl url, const Config& config, bool is_last);
  Result<void> open(const std::string& name, std::chrono::milliseconds timeout);
  Result<void> declare();
  Result<void> open_publishing(const std::string& name, std::chrono::milliseconds timeout);
  Result<void> open_consuming(const std::string& name, std::chrono::milliseconds timeout);
  Result<void> open_channels();
  Result<void> open_pauses(amqp_channel_t number);
  void route_again(const Config& config, const std::string& name,
                   std::chrono::milliseconds timeout);
  Result<void> receive_deliveries(BrokerListener& listener);
  void make_control();
  void make_keys();
  std::string few_channels() const;
  Result<void> take(const amqp_frame_t& frame, BrokerListener& listener);
  Result<void> take_of_missing(const amqp_frame_t& frame);
  Result<void> try_again(RabbitChannel& channel);
  Result<void> hear_goodbye();

  action::BrokerUrl url_;
  bool is_last_;  // there is no other address to try
  action::Topology topology_;
  std::vector<std::string> consumed_queues_;
  std::vector<std::string> remarks_;
  std::vector<std::string> pause_remarks_;  // by the thread that opens the consuming connection
  bool is_any_pause_unanswered_ = false;    // likewise
  std::map<std::string, std::string> out_of_reach_;  // at connect: queues, and why
  bool has_news_of_queues_ = false;
  bool has_unroutable_ = false;
  bool is_any_unanswered_ = false;  // of the queues, since the connections were made
  bool skips_consuming_ = false;    // of the next receive
  bool skips_publishing_ = false;
  bool has_told_keys_ = false;  // that there are none
  bool is_closing_ = false;
  bool is_closed_ = false;
  std::unique_ptr<action::Connection> consuming_;
  std::unique_ptr<action::Connection> publishing_;
  std::deque<RabbitChannel> channels_;       // of queue i: channel i + 1
  std::unique_ptr<PauseChannel> pauses_;     // the channel behind those
  std::unique_ptr<ControlChannel> control_;  // and the one behind that
  std::unique_ptr<KeyChannel> keys_;         // and the one behind that; none before the first key
  std::unique_ptr<MissingQueues> missing_;   // spare ones
  std::unique_ptr<action::Publisher> publisher_;
  BrokerListener* listener_ = nullptr;  // during receive only
};

}  // namespace actiond
