#include "broker/rabbitmq/delay_trial.hpp"

#include <fmt/format.h>

#include "client/event_id.hpp"
#include "client/rabbitmq/amqp.hpp"
#include "client/rabbitmq/delay.hpp"
#include "client/rabbitmq/publisher.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr amqp_channel_t kTrialChannel = 1;
constexpr amqp_channel_t kTrialPublishing = 2;
constexpr auto kTrialDelay = action::kDelayTick * 3;  // through two levels
constexpr auto kTrialTime = 10s;

class DelayTrial {
 public:
  DelayTrial(action::Connection& connection, const std::string& application)
      : connection_(connection),
        application_(application),
        queue_(kTrialQueue + action::new_event_id()),
        full_name_(application + "." + queue_) {}

  Result<std::optional<std::string>> run() {
    if (auto listening = listen(); !listening) return listening.error();
    auto publisher =
        action::Publisher::open(connection_, kTrialPublishing, [](std::uint64_t, const auto&) {});
    if (!publisher) return publisher.error();
    action::Message message;
    message.event = "trial";
    const auto sent =
        action::publish_later(**publisher, application_, queue_, message, kTrialDelay);
    if (!sent) return sent.error();
    return await();
  }

 private:
  // Exclusive: it goes with the connection, whatever becomes of us.
  Result<void> listen() {
    for (const auto channel : {kTrialChannel, kTrialPublishing})
      if (auto opened = connection_.open_channel(channel); !opened) return opened;
    const auto name = action::to_bytes(full_name_);
    amqp_queue_declare_t declare{0, name, false, false, true, true, true, amqp_empty_table};
    const std::string exchange = application_ + ".delay.v1.deliver";
    const std::string key = action::due_pattern(queue_);
    amqp_queue_bind_t bind{
        0, name, action::to_bytes(exchange), action::to_bytes(key), true, amqp_empty_table};
    amqp_basic_consume_t consume{0, name, {}, false, true, true, true, amqp_empty_table};
    if (auto sent = connection_.send(kTrialChannel, AMQP_QUEUE_DECLARE_METHOD, &declare); !sent)
      return sent;
    if (auto sent = connection_.send(kTrialChannel, AMQP_QUEUE_BIND_METHOD, &bind); !sent)
      return sent;
    return connection_.send(kTrialChannel, AMQP_BASIC_CONSUME_METHOD, &consume);
  }

  Result<std::optional<std::string>> await() {
    const auto deadline = Clock::now() + kTrialTime;
    amqp_frame_t frame;
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
      if (left.count() <= 0) return std::optional(never());
      auto read = connection_.next_frame(frame, left);
      if (!read) return read.error();
      if (!*read || frame.frame_type != AMQP_FRAME_METHOD) continue;
      const amqp_method_t& method = frame.payload.method;
      if (method.id == AMQP_BASIC_DELIVER_METHOD && frame.channel == kTrialChannel)
        return std::optional<std::string>();
      if (action::close_reason(method).code == AMQP_ACCESS_REFUSED)
        return std::optional<std::string>();
      if (method.id == AMQP_CHANNEL_CLOSE_METHOD || method.id == AMQP_CONNECTION_CLOSE_METHOD)
        return Error{action::end_of(method)};
      connection_.release(frame.channel);
    }
  }

  std::string never() const {
    return fmt::format(
        "what is to run later, and what is to be tried again, does not come: an event that was "
        "sent through the queues '{}' and below for {} ms was not there after {} s; is there a "
        "policy with dead-letter-routing-key or dead-letter-exchange for them?",
        action::delay_level(application_, 1), kTrialDelay.count(), kTrialTime.count());
  }

  action::Connection& connection_;
  std::string application_, queue_, full_name_;
};

}  // namespace

Result<std::optional<std::string>> try_delays_of_rabbit(const action::Link::Target& target,
                                                        const action::BrokerUrl& url,
                                                        std::chrono::milliseconds timeout) {
  auto connection = action::Connection::open(url, target.name, timeout);
  if (!connection) return connection.error();
  auto tried = DelayTrial(**connection, target.topology.application).run();
  if ((*connection)->is_open()) (void)(*connection)->close(1s).ok();
  return tried;
}

}  // namespace actiond
