#include "client/rabbitmq/roll_call.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "client/rabbitmq/amqp.hpp"

namespace action {
namespace {

using Clock = std::chrono::steady_clock;

class Roll {
 public:
  explicit Roll(Connection& connection) : connection_(connection) {}

  Result<void> ask(const std::string& queue) {
    const amqp_channel_t channel = connection_.spare_channel();
    if (channel == 0) return {};
    asked_.push_back({queue, channel});
    if (auto begun = connection_.begin_channel(channel); !begun) return begun;
    amqp_queue_declare_t look{};
    look.queue = to_bytes(queue);
    look.passive = true;
    return connection_.send(channel, AMQP_QUEUE_DECLARE_METHOD, &look);
  }

  Result<RollCall> answers(Clock::time_point until) {
    RollCall roll;
    for (const auto& [queue, channel] : asked_) {
      bool is_open = false;
      auto answer = hear(queue, channel, until, is_open);
      if (!answer && answer.error().fault == Fault::Lost) return answer.error();
      if (!answer || *answer)
        roll.answers.emplace(queue, answer ? Result<QueueDepth>(**answer) : answer.error());
      else if (is_open)
        roll.unanswered.push_back(queue);
    }
    return roll;
  }

 private:
  struct Asked {
    std::string queue;
    amqp_channel_t channel;
  };

  // Nothing: it has not been answered for.
  Result<std::optional<QueueDepth>> hear(const std::string& queue, amqp_channel_t channel,
                                         Clock::time_point until, bool& is_open) {
    for (amqp_frame_t frame;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
      auto read = connection_.next_frame_on(channel, frame, std::max(left, left.zero()));
      if (!read) return Error{read.error().text, Fault::Lost};
      if (!*read) return std::optional<QueueDepth>();
      if (frame.frame_type != AMQP_FRAME_METHOD) continue;
      const amqp_method_t& method = frame.payload.method;
      is_open = true;
      if (method.id == AMQP_CHANNEL_OPEN_OK_METHOD) continue;
      return answer_in(queue, channel, method);
    }
  }

  Result<std::optional<QueueDepth>> answer_in(const std::string& queue, amqp_channel_t channel,
                                              const amqp_method_t& method) {
    const CloseReason reason = close_reason(method);
    std::optional<QueueDepth> depth;
    if (method.id == AMQP_QUEUE_DECLARE_OK_METHOD) {
      const auto& ok = *static_cast<const amqp_queue_declare_ok_t*>(method.decoded);
      depth = QueueDepth{ok.message_count, ok.consumer_count};
    }
    connection_.release(channel);
    if (auto left = leave(channel, depth.has_value()); !left)
      return Error{left.error().text, Fault::Lost};
    if (depth) return depth;
    return Error{
        fmt::format("the queue '{}' can't be asked: {} {}", queue, reason.code, reason.text)};
  }

  // One that the broker has closed is confirmed to be.
  Result<void> leave(amqp_channel_t channel, bool is_open) {
    if (is_open) return connection_.leave_channel(channel);
    amqp_channel_close_ok_t ok{};
    return connection_.send(channel, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok);
  }

  Connection& connection_;
  std::vector<Asked> asked_;
};

}  // namespace

Result<RollCall> call_roll(Connection& connection, const std::vector<std::string>& queues,
                           std::chrono::milliseconds patience) {
  Roll roll(connection);
  for (const auto& queue : queues)
    if (auto asked = roll.ask(queue); !asked) return asked.error();
  return roll.answers(Clock::now() + patience);
}

}  // namespace action
