#include "client/rabbitmq/steps.hpp"

#include "client/rabbitmq/amqp.hpp"

namespace action {
namespace {

// As the library wants them; borrows the texts.
std::vector<amqp_table_entry_t> entries_of(const Step& step) {
  std::vector<amqp_table_entry_t> entries;
  for (const auto& [key, value] : step.arguments) {
    amqp_table_entry_t& entry = entries.emplace_back();
    entry.key = to_bytes(key);
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      entry.value.kind = AMQP_FIELD_KIND_I64;
      entry.value.value.i64 = *number;
    } else {
      entry.value.kind = AMQP_FIELD_KIND_UTF8;
      entry.value.value.bytes = to_bytes(std::get<std::string>(value));
    }
  }
  return entries;
}

class Conversation {
 public:
  Conversation(Connection& connection, amqp_channel_t& channel, std::vector<Step>& steps,
               const OnRefused& on_refused, const Patience& patience)
      : connection_(connection),
        channel_(channel),
        steps_(steps),
        on_refused_(on_refused),
        patience_(patience),
        is_patient_(!patience.on_silence) {}

  Result<void> run() {
    auto sent = send_rest();
    while (sent && find_next()) sent = hear();
    return sent;
  }

 private:
  // The first one that is not answered for; false if all are.
  bool find_next() {
    while (next_ < steps_.size() && steps_[next_].is_skipped) ++next_;
    return next_ < steps_.size();
  }

  Result<void> send_rest() {
    for (std::size_t i = next_; i < steps_.size(); ++i)
      if (!steps_[i].is_skipped)
        if (auto sent = send_step(connection_, channel_, steps_[i]); !sent) return sent;
    return {};
  }

  // False: nothing has come for so long that somebody has to decide.
  Result<bool> read(amqp_frame_t& frame) {
    if (!is_patient_) return connection_.next_frame_on(channel_, frame, patience_.time);
    auto read = connection_.next_frame_on(channel_, frame);
    return read ? Result<bool>(true) : read.error();
  }

  Result<void> hear() {
    amqp_frame_t frame;
    const auto heard = read(frame);
    if (!heard) return heard.error();
    return *heard ? take(frame) : on_silence();
  }

  // What was sent over the channel that is left behind is answered for some time.
  Result<void> on_silence() {
    const auto other = patience_.on_silence();
    if (!other) return other.error();
    is_patient_ = !*other;
    if (is_patient_) return {};
    channel_ = **other;
    return send_rest();
  }

  Result<void> take(const amqp_frame_t& frame) {
    if (frame.frame_type != AMQP_FRAME_METHOD) return {};
    const amqp_method_t& method = frame.payload.method;
    if (method.id == AMQP_CHANNEL_CLOSE_METHOD) {
      const CloseReason reason = close_reason(method);
      connection_.release(channel_);
      return on_closed(reason);
    }
    if (method.id == AMQP_QUEUE_DECLARE_OK_METHOD) {
      const auto& declared = *static_cast<amqp_queue_declare_ok_t*>(method.decoded);
      steps_[next_].ready = declared.message_count;
      steps_[next_].consumers = declared.consumer_count;
    }
    if (method.id != AMQP_CHANNEL_OPEN_OK_METHOD) steps_[next_++].is_done = true;
    connection_.release(channel_);
    return {};
  }

  // The broker has read no step behind the one that it refused.
  Result<void> on_closed(const CloseReason& reason) {
    const auto refused = on_refused_(steps_[next_], reason);
    if (!refused) {
      if (auto reopened = connection_.reopen_channel(channel_); !reopened) return reopened;
      return refused.error();
    }
    if (*refused == Refused::Skip) steps_[next_++].is_skipped = true;
    amqp_channel_close_ok_t ok{};
    if (auto sent = connection_.send(channel_, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok); !sent)
      return sent;
    if (!find_next()) return connection_.open_channel(channel_);
    amqp_channel_open_t open{};
    open.out_of_band = amqp_empty_bytes;
    if (auto sent = connection_.send(channel_, AMQP_CHANNEL_OPEN_METHOD, &open); !sent) return sent;
    return send_rest();
  }

  Connection& connection_;
  amqp_channel_t& channel_;
  std::vector<Step>& steps_;
  const OnRefused& on_refused_;
  const Patience& patience_;
  bool is_patient_;  // waits for as long as the connection does
  std::size_t next_ = 0;
};

}  // namespace

Result<void> send_step(Connection& connection, amqp_channel_t channel, const Step& step) {
  auto entries = entries_of(step);
  const amqp_table_t table{static_cast<int>(entries.size()), entries.data()};
  const amqp_bytes_t name = to_bytes(step.name), source = to_bytes(step.source),
                     key = to_bytes(step.key);
  switch (step.kind) {
    case StepKind::Exchange: {
      amqp_exchange_declare_t method{0,     name,  source, step.is_passive, true, false,
                                     false, false, table};
      return connection.send(channel, AMQP_EXCHANGE_DECLARE_METHOD, &method);
    }
    case StepKind::Queue: {
      amqp_queue_declare_t method{
          0, name, step.is_passive, !step.is_exclusive, step.is_exclusive, false, false, table};
      return connection.send(channel, AMQP_QUEUE_DECLARE_METHOD, &method);
    }
    case StepKind::BindQueue: {
      amqp_queue_bind_t method{0, name, source, key, false, table};
      return connection.send(channel, AMQP_QUEUE_BIND_METHOD, &method);
    }
    case StepKind::UnbindQueue: {
      amqp_queue_unbind_t method{0, name, source, key, table};
      return connection.send(channel, AMQP_QUEUE_UNBIND_METHOD, &method);
    }
    case StepKind::BindExchange: {
      amqp_exchange_bind_t method{0, name, source, key, false, table};
      return connection.send(channel, AMQP_EXCHANGE_BIND_METHOD, &method);
    }
  }
  return {};
}

Result<void> carry_out(Connection& connection, amqp_channel_t& channel, std::vector<Step>& steps,
                       const OnRefused& on_refused, const Patience& patience) {
  return Conversation(connection, channel, steps, on_refused, patience).run();
}

}  // namespace action
