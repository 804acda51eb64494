#include "broker/rabbitmq/missing_queues.hpp"

#include <algorithm>

#include "client/rabbitmq/amqp.hpp"

namespace actiond {

Result<bool> MissingQueues::ask(QueueIndex queue, const std::string& name) {
  Question& question = questions_[queue];
  if (question.is_open) return true;
  if (question.channel == 0) question.channel = connection_.spare_channel();
  if (question.channel == 0) return false;
  question.is_open = true;
  if (auto begun = connection_.begin_channel(question.channel); !begun) return begun.error();
  amqp_queue_declare_t look{};
  look.queue = action::to_bytes(name);
  look.passive = true;
  auto sent = connection_.send(question.channel, AMQP_QUEUE_DECLARE_METHOD, &look);
  return sent ? Result<bool>(true) : sent.error();
}

std::optional<QueueIndex> MissingQueues::asked_on(amqp_channel_t channel) const {
  const auto found = std::ranges::find(questions_, channel, &Question::channel);
  if (channel == 0 || found == questions_.end()) return std::nullopt;
  return static_cast<QueueIndex>(found - questions_.begin());
}

// A queue that is refused for another reason is one to be tried.
Result<std::optional<MissingQueues::Answer>> MissingQueues::take(const amqp_frame_t& frame) {
  const auto queue = asked_on(frame.channel);
  std::optional<Answer> answer;
  if (!queue || frame.frame_type != AMQP_FRAME_METHOD) return answer;
  const amqp_method_t& method = frame.payload.method;
  if (method.id == AMQP_CHANNEL_CLOSE_OK_METHOD) questions_[*queue].is_open = false;
  if (method.id == AMQP_QUEUE_DECLARE_OK_METHOD) {
    answer = {*queue, {}};
    if (auto left = connection_.leave_channel(frame.channel); !left) return left.error();
  }
  if (method.id != AMQP_CHANNEL_CLOSE_METHOD) return answer;
  questions_[*queue].is_open = false;
  const auto reason = action::close_reason(method);
  answer = {*queue, reason.code == AMQP_NOT_FOUND ? reason.text : std::string()};
  amqp_channel_close_ok_t ok{};
  if (auto sent = connection_.send(frame.channel, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok); !sent)
    return sent.error();
  return answer;
}

}  // namespace actiond
