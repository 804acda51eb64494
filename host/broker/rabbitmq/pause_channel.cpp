#include "broker/rabbitmq/pause_channel.hpp"

#include <algorithm>
#include <utility>

#include "broker/rabbitmq/pause_queues.hpp"
#include "client/rabbitmq/amqp.hpp"

namespace actiond {
namespace {

// The broker logs an error for each look at a queue that is not there.
constexpr int kRests = 12;
// Whoever reads who paused a queue has its message in hand for a moment: only what is found empty
// twice is.
constexpr int kEnough = 2;
// A quorum queue looks empty for as long as it has no leader: some seconds, or the minute in which
// a node that stands still counts as there (net_ticktime). Two looks are made in 5 s.
constexpr int kEnoughOfQuorum = 36;

}  // namespace

PauseChannel::PauseChannel(action::Connection& connection, amqp_channel_t number,
                           action::QueueType type, std::vector<std::string> pause_queues,
                           const std::vector<std::optional<bool>>& are_paused)
    : connection_(connection),
      number_(number),
      queues_(pause_queues.size()),
      asked_(pause_queues.size()),
      enough_untold_(type == action::QueueType::Quorum ? kEnoughOfQuorum : kEnough) {
  for (QueueIndex i = 0; i < queues_.size(); ++i) {
    queues_[i].name = std::move(pause_queues[i]);
    queues_[i].is_paused = are_paused[i];
  }
}

Result<void> PauseChannel::ask(bool is_told) {
  is_told_ = is_told;
  if (asked_ < queues_.size()) {
    is_to_ask_again_ = true;  // what was answered by now may be out of date
    return {};
  }
  asked_ = 0;
  return ask_next();
}

Result<void> PauseChannel::ask_next() {
  while (asked_ < queues_.size() && queues_[asked_].rests > 0) --queues_[asked_++].rests;
  if (asked_ == queues_.size())
    return std::exchange(is_to_ask_again_, false) ? ask(is_told_) : Result<void>();
  amqp_queue_declare_t look{};
  look.queue = action::to_bytes(queues_[asked_].name);
  look.passive = true;
  return connection_.send(number_, AMQP_QUEUE_DECLARE_METHOD, &look);
}

Result<void> PauseChannel::take(const amqp_frame_t& frame, BrokerListener& listener) {
  if (frame.frame_type != AMQP_FRAME_METHOD) return {};
  const amqp_method_t& method = frame.payload.method;
  if (method.id == AMQP_CHANNEL_CLOSE_METHOD) return take_close(method, listener);
  if (method.id != AMQP_QUEUE_DECLARE_OK_METHOD || asked_ == queues_.size()) return {};
  const auto& answer = *static_cast<amqp_queue_declare_ok_t*>(method.decoded);
  if (action::to_string(answer.queue) != queues_[asked_].name) return {};  // to the first look
  queues_[asked_].was_gone = false;
  return found(answer.message_count > 0, is_told_ ? kEnough : enough_untold_, listener);
}

// A queue whose node is down is not found either: then it is as it was.
Result<void> PauseChannel::take_close(const amqp_method_t& method, BrokerListener& listener) {
  const auto reason = action::close_reason(method);
  amqp_channel_close_ok_t ok{};
  if (auto sent = connection_.send(number_, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok); !sent) return sent;
  if (auto begun = connection_.begin_channel(number_); !begun) return begun;
  if (asked_ == queues_.size()) return {};
  Queue& queue = queues_[asked_];
  const bool is_gone = action::is_for_want_of_queue(reason);
  // Whoever resumes a queue makes this one anew, so it may be gone for a moment only.
  if (std::exchange(queue.was_gone, is_gone) && is_gone) queue.rests = kRests;
  if (is_gone) return found(false, kEnough, listener);
  ++asked_;
  return ask_next();
}

Result<void> PauseChannel::found(bool has_message, int enough, BrokerListener& listener) {
  Queue& queue = queues_[asked_];
  queue.empty_looks = has_message ? 0 : std::min(queue.empty_looks + 1, kEnoughOfQuorum);
  const bool is_news = queue.is_paused != has_message;
  const bool is_changed = is_news && (has_message || queue.empty_looks >= enough);
  if (is_changed) {
    // What was not known to be paused may have been resumed before.
    const bool is_lost = queue.is_paused.value_or(false) && !is_told_;
    queue.is_paused = has_message;
    if (is_lost)
      listener.on_pause_lost(asked_);
    else
      listener.on_paused(asked_, has_message);
  }
  ++asked_;
  return ask_next();
}

void PauseChannel::look_at_all() {
  for (auto& queue : queues_) queue.rests = 0;
}

}  // namespace actiond
