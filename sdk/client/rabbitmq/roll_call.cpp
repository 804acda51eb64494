#include "client/rabbitmq/roll_call.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "client/rabbitmq/amqp.hpp"

namespace action {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kFirstPatience{500};  // with the one at which it is silent

class Roll {
 public:
  Roll(Connection& connection, std::chrono::milliseconds patience)
      : connection_(connection), patience_(patience) {}

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

  Result<void> await(RollCall& roll) {
    until_ = Clock::now() + patience_;
    for (const auto& [queue, channel] : asked_) {
      bool is_open = false;
      auto answer = hear(queue, channel, is_open);
      if (!answer && answer.error().fault == Fault::Lost) return answer.error();
      if (!answer || *answer)
        roll.answers.emplace(queue, answer ? Result<QueueDepth>(**answer) : answer.error());
      else if (is_open)
        roll.unanswered.push_back(queue);
    }
    return {};
  }

 private:
  struct Asked {
    std::string queue;
    amqp_channel_t channel;
  };

  // Nothing: it has not been answered for.
  Result<std::optional<QueueDepth>> hear(const std::string& queue, amqp_channel_t channel,
                                         bool& is_open) {
    for (amqp_frame_t frame;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until_ - Clock::now());
      auto read = connection_.next_frame_on(channel, frame, std::max(left, left.zero()));
      if (!read) return Error{read.error().text, Fault::Lost};
      if (!*read) return std::optional<QueueDepth>();
      if (frame.frame_type != AMQP_FRAME_METHOD) continue;
      const amqp_method_t& method = frame.payload.method;
      is_open = true;
      if (method.id != AMQP_CHANNEL_OPEN_OK_METHOD) return answer_in(queue, channel, method);
      on_first_opened();
    }
  }

  // It is a broker's first word after so long: its answers may take as long again.
  void on_first_opened() {
    if (!std::exchange(has_heard_, true)) until_ = Clock::now() + patience_;
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
  std::chrono::milliseconds patience_;
  Clock::time_point until_{};
  bool has_heard_ = false;
  std::vector<Asked> asked_;
};

Result<void> ask(Connection& connection, std::span<const std::string> queues,
                 std::chrono::milliseconds patience, RollCall& roll) {
  Roll asking(connection, patience);
  for (const auto& queue : queues)
    if (auto asked = asking.ask(queue); !asked) return asked;
  return asking.await(roll);
}

}  // namespace

Result<RollCall> look_into_silence(Connection& connection,
                                   const std::vector<std::string>& awaited) {
  RollCall roll;
  const auto part = connection.timeout() / 4;
  const std::span all(awaited);
  if (auto asked = ask(connection, all.first(std::min<std::size_t>(1, all.size())),
                       std::min(part / 2, kFirstPatience), roll);
      !asked)
    return asked.error();
  if (roll.unanswered.empty()) return roll;
  roll.channel = connection.spare_channel();
  if (roll.channel == 0) return RollCall{};
  if (auto opened = connection.open_channel(roll.channel); !opened) return opened.error();
  if (auto asked = ask(connection, all.subspan(1), part, roll); !asked) return asked.error();
  return roll;
}

}  // namespace action
