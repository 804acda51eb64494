#include "client/rabbitmq/roll_call.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "client/rabbitmq/amqp.hpp"

namespace action {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLongestSilence{1000};
constexpr std::chrono::milliseconds kFirstPatience{500};  // with the one at which it is silent

class Roll {
 public:
  explicit Roll(Connection& connection) : connection_(connection) {}

  Result<void> ask(const std::string& queue) {
    const amqp_channel_t channel = connection_.spare_channel();
    if (channel == 0) return {};
    asked_.push_back({.queue = queue, .channel = channel});
    if (auto begun = connection_.begin_channel(channel); !begun) return begun;
    amqp_queue_declare_t look{};
    look.queue = to_bytes(queue);
    look.passive = true;
    return connection_.send(channel, AMQP_QUEUE_DECLARE_METHOD, &look);
  }

  // Waits for what is awaited, so long as was said or, if the broker opens a first channel
  // meanwhile, so long again.
  Result<void> await(std::chrono::milliseconds patience) {
    patience_ = patience;
    until_ = Clock::now() + patience;
    has_heard_ = false;
    for (auto& asked : asked_) {
      if (asked.is_answered) continue;
      auto answer = hear(asked);
      if (!answer && answer.error().fault == Fault::Lost) return answer.error();
      asked.is_answered = !answer || answer->has_value();
      if (asked.is_answered)
        roll_.answers.emplace(asked.queue, answer ? Result<QueueDepth>(**answer) : answer.error());
    }
    return {};
  }

  // Nothing is said of one, on a channel that is open.
  bool is_silent(std::size_t index) const {
    return index < asked_.size() && asked_[index].is_open && !asked_[index].is_answered;
  }

  RollCall take() {
    for (std::size_t i = 0; i < asked_.size(); ++i)
      if (is_silent(i)) roll_.unanswered.push_back(asked_[i].queue);
    return std::move(roll_);
  }

 private:
  struct Asked {
    std::string queue;
    amqp_channel_t channel;
    bool is_open = false;
    bool is_answered = false;
  };

  // Nothing: it has not been answered for.
  Result<std::optional<QueueDepth>> hear(Asked& asked) {
    for (amqp_frame_t frame;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until_ - Clock::now());
      auto read = connection_.next_frame_on(asked.channel, frame, std::max(left, left.zero()));
      if (!read) return Error{read.error().text, Fault::Lost};
      if (!*read) return std::optional<QueueDepth>();
      if (frame.frame_type != AMQP_FRAME_METHOD) continue;
      const amqp_method_t& method = frame.payload.method;
      asked.is_open = true;
      if (method.id != AMQP_CHANNEL_OPEN_OK_METHOD)
        return answer_in(asked.queue, asked.channel, method);
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
  std::chrono::milliseconds patience_{0};
  Clock::time_point until_{};
  bool has_heard_ = false;
  std::vector<Asked> asked_;
  RollCall roll_;
};

}  // namespace

std::chrono::milliseconds longest_silence(const Connection& connection) {
  return std::min(connection.timeout() / 4, kLongestSilence);
}

// The first one is heard until the end: it may only have been slow.
Result<RollCall> look_into_silence(Connection& connection,
                                   const std::vector<std::string>& awaited) {
  const auto part = connection.timeout() / 4;
  Roll roll(connection);
  for (std::size_t i = 0; i < awaited.size(); ++i) {
    if (auto asked = roll.ask(awaited[i]); !asked) return asked.error();
    if (i > 0) continue;
    if (auto heard = roll.await(std::min(part / 2, kFirstPatience)); !heard) return heard.error();
    if (!roll.is_silent(0)) return RollCall{};
  }
  if (auto heard = roll.await(part); !heard) return heard.error();
  RollCall called = roll.take();
  called.channel = called.unanswered.empty() ? 0 : connection.spare_channel();
  if (called.channel == 0) return RollCall{};
  if (auto opened = connection.open_channel(called.channel); !opened) return opened.error();
  return called;
}

}  // namespace action
