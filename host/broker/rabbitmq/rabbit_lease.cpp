#include "broker/rabbitmq/rabbit_lease.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/clock.hpp"
#include "broker/rabbitmq/rabbit_channel.hpp"
#include "broker/rabbitmq/sure_publisher.hpp"
#include "client/event_id.hpp"
#include "client/rabbitmq/amqp.hpp"
#include "client/rabbitmq/inequivalence.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr amqp_channel_t kLeaseChannel = 1;
constexpr int kLeasePrefetch = 100;  // the state, and orders
constexpr auto kConfirmTime = 10s;
// For events: what else is due must not be late because of one queue.
constexpr auto kQueuesTime = 3s;

// What its message holds: states are numbered, and orders have no number.
struct LeaseText {
  std::int64_t number = -1;
  std::string text;
};

LeaseText lease_text(const std::string& body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object()) return {};
  const auto state = json.find("state"), order = json.find("order"), number = json.find("number");
  if (order != json.end() && order->is_string()) return {-1, order->get<std::string>()};
  const bool is_state = state != json.end() && state->is_string() && number != json.end() &&
                        number->is_number_integer();
  return is_state ? LeaseText{number->get<std::int64_t>(), state->get<std::string>()} : LeaseText{};
}

Message lease_message(const nlohmann::json& body) {
  Message message;
  message.event = "lease";
  message.id = action::new_event_id();
  message.body = body.dump();
  message.enqueued_at_s = wall_now_ms() / 1000;
  message.sender = "actiond";
  return message;
}

Message state_message(std::int64_t number, const std::string& state) {
  return lease_message({{"number", number}, {"state", state}});
}

class RabbitLease : public Lease, BrokerListener {
 public:
  RabbitLease(const action::Link::Target& target, Obey obey)
      : application_(target.topology.application),
        queue_(application_ + ".lease.v1"),
        is_replicated_(target.topology.type == action::QueueType::Quorum),
        obey_(std::move(obey)) {}

  ~RabbitLease() override {
    for (const auto* connection : {&consuming_, &publishing_})
      if (*connection) (*connection)->say_goodbye();
  }

  Result<void> open(const action::Link::Target& target, const action::BrokerUrl& url,
                    std::chrono::milliseconds timeout) {
    auto consuming = action::Connection::open(url, target.name + " (cron)", timeout);
    if (!consuming) return consuming.error();
    consuming_ = std::move(*consuming);
    auto publishing = action::Connection::open(url, target.name + " (cron, publishing)", timeout);
    if (!publishing) return publishing.error();
    publishing_ = std::move(*publishing);
    if (auto begun = publishing_->begin_channel(kLeaseChannel); !begun) return begun;
    auto publisher = SurePublisher::open(*publishing_, kLeaseChannel, kConfirmTime,
                                         SurePublisher::InAlarm::Wait);
    if (!publisher) return publisher.error();
    publisher_ = std::move(*publisher);
    if (auto opened = consuming_->open_channel(kLeaseChannel); !opened) return opened;
    return make_queue();
  }

  // From the first turn on: who only sends an order must not hold the lease.
  Result<bool> turn(const Work& work) override {
    if (auto consuming = consume(); !consuming) return consuming.error();
    if (auto read = receive(0ms); !read) return read.error();
    if (!tag_) return false;
    const auto state = obeyed();
    const auto step = work(state);
    if (!step) return step.error();
    if (*step) {
      if (auto done = carry_out(**step); !done) return done.error();
    } else if (!orders_.empty()) {
      if (auto done = replace(state); !done) return done.error();
    }
    return true;
  }

  bool hears() const override { return true; }
  Result<bool> wait(std::chrono::milliseconds timeout) override {
    has_come_ = false;
    if (auto read = receive(timeout); !read) return read.error();
    if (auto polled = publisher_->poll(); !polled) return polled.error();
    return has_come_;
  }

  Result<void> send_order(const std::string& order) override {
    if (auto taken = publisher_->knock(); !taken) return taken;
    return store(lease_message({{"order", order}}));
  }

  // It is in its holder's hand.
  Result<std::optional<std::string>> look() override { return std::optional<std::string>(); }

 private:
  // Of the same kind as the work queues, so that no single node is needed for what recurs either.
  // The kind is named: a virtual host may make quorum queues of all that don't say what they are.
  std::vector<amqp_table_entry_t> queue_arguments() const {
    amqp_table_entry_t single{amqp_cstring_bytes("x-single-active-consumer"), {}};
    single.value.kind = AMQP_FIELD_KIND_BOOLEAN;
    single.value.value.boolean = 1;
    amqp_table_entry_t type{amqp_cstring_bytes("x-queue-type"), {}};
    type.value.kind = AMQP_FIELD_KIND_UTF8;
    type.value.value.bytes = amqp_cstring_bytes(is_replicated_ ? "quorum" : "classic");
    if (!is_replicated_) return {single, type};
    amqp_table_entry_t limit{amqp_cstring_bytes("x-delivery-limit"), {}};
    limit.value.kind = AMQP_FIELD_KIND_I64;
    limit.value.value.i64 = action::kNoDeliveryLimit;
    return {single, type, limit};
  }

  // A user who may not configure uses what is there; so does whoever finds one of another kind.
  // Without a state and anybody who might have one in hand, there is to be one.
  Result<void> make_queue() {
    auto arguments = queue_arguments();
    amqp_queue_declare_t declare{};
    declare.queue = action::to_bytes(queue_);
    declare.durable = 1;
    declare.arguments = {static_cast<int>(arguments.size()), arguments.data()};
    auto declared = consuming_->call(kLeaseChannel, AMQP_QUEUE_DECLARE_METHOD, &declare);
    if (!declared && consuming_->is_open()) {
      declare.passive = 1;
      const Error why = declared.error();
      declared = consuming_->call(kLeaseChannel, AMQP_QUEUE_DECLARE_METHOD, &declare);
      if (!declared)
        return Error{
            fmt::format("the queue '{}', by which pollers agree on cron:, can't be made: "
                        "run 'actiond setup' as a user who may ({})",
                        queue_, why.text)};
    }
    if (!declared) return declared.error();
    const auto& found = *static_cast<amqp_queue_declare_ok_t*>(declared->decoded);
    const bool is_new = found.message_count == 0 && found.consumer_count == 0;
    consuming_->release(kLeaseChannel);
    if (!is_new) return {};
    return store(state_message(0, ""));
  }

  Result<void> consume() {
    if (channel_) return {};
    channel_ = std::make_unique<RabbitChannel>(*consuming_, kLeaseChannel, 0, queue_);
    return channel_->consume(kLeasePrefetch);
  }

  Result<void> receive(std::chrono::milliseconds timeout) {
    amqp_frame_t frame;
    for (auto patience = timeout;; patience = 0ms) {
      auto read = consuming_->next_frame(frame, patience);
      if (!read) return read.error();
      if (!*read) break;
      auto taken = take(frame);
      consuming_->release(frame.channel);
      if (!taken) return taken;
    }
    return channel_ ? channel_->flush() : Result<void>();
  }

  Result<void> take(const amqp_frame_t& frame) {
    if (frame.channel == kLeaseChannel && channel_) {
      auto taken = channel_->take(frame, *this);
      if (taken && channel_->is_missing()) return Error{channel_->trouble()};
      return taken;
    }
    if (frame.frame_type == AMQP_FRAME_METHOD &&
        frame.payload.method.id == AMQP_CONNECTION_CLOSE_METHOD)
      return Error{"the broker closed the connection: " +
                   action::close_reason(frame.payload.method).text};
    return {};
  }

  // Of two states the newer one counts, and the other is of no use any more.
  void on_delivery(QueueIndex, std::uint64_t tag, bool, Message& message) override {
    has_come_ = true;
    auto [number, text] = lease_text(message.body);
    if (number < 0) {
      orders_.push_back({tag, std::move(text)});
    } else if (tag_ && number <= number_) {
      channel_->acknowledge(tag);
    } else {
      if (tag_) channel_->acknowledge(*tag_);
      tag_ = tag;
      number_ = number;
      state_ = std::move(text);
    }
  }
  void on_consuming(QueueIndex, int) override {}
  void on_proven_empty(QueueIndex) override {}
  void on_probe_delivered(QueueIndex) override {}
  void on_published(std::uint64_t, const Result<void>&) override {}

  std::string obeyed() const {
    std::string state = state_;
    for (const auto& order : orders_) state = obey_(state, order.text);
    return state;
  }

  // A step that changes nothing, as all its events were refused, leaves the state where it is: the
  // new one would come back at once, and with it the next turn.
  Result<void> carry_out(const LeaseStep& step) {
    const auto state = step.events.empty() ? Result<std::string>(step.state) : queue_all(step);
    if (!state) return state.error();
    return orders_.empty() && *state == state_ ? Result<void>() : replace(*state);
  }

  // The state that holds then.
  Result<std::string> queue_all(const LeaseStep& step) {
    std::vector<SurePublisher::Post> posts;
    for (const auto& event : step.events)
      posts.push_back({application_, event.queue, &event.message});
    if (auto taken = publisher_->knock(); !taken) return taken.error();
    const auto refused = publisher_->publish(posts, kQueuesTime);
    if (!refused) return refused.error();
    return refused->empty() ? step.state : step.state_without(*refused);
  }

  // The new state comes back by a delivery.
  Result<void> replace(const std::string& state) {
    if (auto stored = store(state_message(number_ + 1, state)); !stored) return stored;
    channel_->acknowledge(*tag_);
    for (const auto& order : orders_) channel_->acknowledge(order.tag);
    orders_.clear();
    tag_.reset();
    return channel_->flush();
  }

  Result<void> store(const Message& message) { return publisher_->publish({"", queue_, &message}); }

  struct Order {
    std::uint64_t tag;
    std::string text;
  };

  std::string application_, queue_;
  bool is_replicated_;
  Obey obey_;
  std::unique_ptr<action::Connection> consuming_, publishing_;
  std::unique_ptr<SurePublisher> publisher_;
  std::unique_ptr<RabbitChannel> channel_;
  std::optional<std::uint64_t> tag_;  // of the state; none: another one has it
  std::int64_t number_ = -1;
  std::string state_;
  std::vector<Order> orders_;
  bool has_come_ = false;  // something, in this wait
};

}  // namespace

Result<std::unique_ptr<Lease>> open_rabbit_lease(const action::Link::Target& target,
                                                 const action::BrokerUrl& url, Obey obey,
                                                 std::chrono::milliseconds timeout) {
  auto lease = std::make_unique<RabbitLease>(target, std::move(obey));
  if (auto opened = lease->open(target, url, timeout); !opened) return opened.error();
  return std::unique_ptr<Lease>(std::move(lease));
}

}  // namespace actiond
