// What waits in RabbitMQ. The delay levels first, highest first, since what falls down from one
// meanwhile is met again below; then the work queues and the dead letters.
#include "broker/rabbitmq/rabbit_backlog.hpp"

#include <algorithm>
#include <deque>

#include "base/clock.hpp"
#include "broker/rabbitmq/drop.hpp"
#include "broker/rabbitmq/peek.hpp"
#include "broker/rabbitmq/rabbit_channel.hpp"
#include "client/rabbitmq/amqp.hpp"
#include "client/rabbitmq/declare.hpp"
#include "client/rabbitmq/delay.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr amqp_channel_t kLooking = 1;
constexpr amqp_channel_t kFirstBacklogChannel = 2;
// Unacknowledged on a channel: some hosted brokers end one that holds 1,000.
constexpr int kBacklogPrefetch = 500;
constexpr auto kBacklogSilence = 100ms;
constexpr int kMostBacklogSilences = 100;

struct Source {
  std::string full_name;
  std::string queue;      // empty: it is in the routing key
  int level = 0;          // of a delay; kOverdue: the delay is over
  bool is_needed = true;  // else it is left out where the broker can't tell
};

constexpr int kOverdue = -1;

std::vector<Source> unroutable_sources(const action::Topology& topology) {
  return {{action::unroutable_queue(topology.application), {}, kOverdue},
          {action::old_unroutable_queue(topology.application), {}, kOverdue}};
}

std::vector<Source> sources_of(const action::Topology& topology) {
  std::vector<Source> sources;
  for (int level = action::kDelayLevels - 1; level >= 0; --level)
    sources.push_back({action::delay_level(topology.application, level), {}, level});
  for (auto& source : unroutable_sources(topology)) sources.push_back(std::move(source));
  for (const auto& queue : topology.queues) sources.push_back({topology.queue(queue), queue});
  sources.push_back({topology.dead(), action::kDead});
  return sources;
}

class RabbitBacklog : public Backlog, BrokerListener {
 public:
  RabbitBacklog(std::unique_ptr<action::Connection> connection, std::string application,
                std::vector<Source> sources)
      : connection_(std::move(connection)),
        application_(std::move(application)),
        sources_(std::move(sources)) {}

  Result<std::vector<Waiting>> take(std::size_t most) override {
    while (waiting_.size() < most && (is_reading_ || next_ < sources_.size()))
      if (auto done = is_reading_ ? read_on() : begin(); !done) return done.error();
    const auto count = std::min(most, waiting_.size());
    const auto end = waiting_.begin() + static_cast<long>(count);
    std::vector<Waiting> taken(std::make_move_iterator(waiting_.begin()),
                               std::make_move_iterator(end));
    waiting_.erase(waiting_.begin(), end);
    return taken;
  }

  Result<void> remove(const std::vector<Waiting>& stored) override {
    for (const auto& each : stored) {
      channels_[each.source].acknowledge(each.tag);
      if (each.source + 1 == channels_.size()) --in_hand_;
    }
    for (auto& channel : channels_)
      if (auto flushed = channel.flush(); !flushed) return flushed;
    return {};
  }

  // basic.ack has no reply; the answer to the goodbye shows that all were applied.
  Result<void> close() override { return connection_->close(10s); }

 private:
  Result<void> begin() {
    const Source& source = sources_[next_++];
    const auto is_empty = is_without_events(source.full_name);
    if (!is_empty && source.is_needed) return is_empty.error();
    if (!is_empty || *is_empty) return {};
    return consume(source);
  }

  Result<void> consume(const Source& source) {
    const auto number = static_cast<amqp_channel_t>(kFirstBacklogChannel + channels_.size());
    if (auto opened = connection_->open_channel(number); !opened) return opened;
    channel_sources_.push_back(&source);
    is_reading_ = true;
    silences_ = in_hand_ = 0;
    return channels_.emplace_back(*connection_, number, channels_.size(), source.full_name)
        .consume(kBacklogPrefetch);
  }

  // A queue that is not there has nothing in it. A quorum queue without a leader looks empty.
  Result<bool> is_without_events(const std::string& queue) {
    const auto depth = action::queue_depth(*connection_, kLooking, queue);
    if (!depth && !action::is_for_want_of_queue(depth.error())) return depth.error();
    if (!depth) return true;
    if (depth->messages > 0) return false;
    const auto first = peek(*connection_, kLooking, queue);
    return first ? Result<bool>(!first->has_value()) : first.error();
  }

  // What stays in hand keeps nothing behind it from being read.
  Result<void> read_on() {
    return in_hand_ < kBacklogPrefetch ? read() : consume(*channel_sources_.back());
  }

  Result<void> read() {
    amqp_frame_t frame;
    auto read = connection_->next_frame(frame, kBacklogSilence);
    if (!read) return read.error();
    if (!*read) return on_silence();
    silences_ = 0;
    auto taken = take_frame(frame);
    connection_->release(frame.channel);
    return taken;
  }

  Result<void> take_frame(const amqp_frame_t& frame) {
    const std::size_t channel = frame.channel - std::size_t{kFirstBacklogChannel};
    if (channel < channels_.size()) {
      auto taken = channels_[channel].take(frame, *this);
      return taken && channels_[channel].is_missing() ? Error{channels_[channel].trouble()} : taken;
    }
    if (frame.frame_type == AMQP_FRAME_METHOD &&
        frame.payload.method.id == AMQP_CONNECTION_CLOSE_METHOD)
      return Error{"the broker closed the connection: " +
                   action::close_reason(frame.payload.method).text};
    return {};
  }

  // All came, or the prefetch is used up by what is not removed yet: then the caller has it first.
  Result<void> on_silence() {
    if (++silences_ > kMostBacklogSilences) return Error{"the broker does not answer any more"};
    if (silences_ > 1) return {};
    return channels_.back().probe();
  }

  void on_delivery(QueueIndex channel, std::uint64_t tag, bool, Message& message) override {
    const Source& source = *channel_sources_[channel];
    if (channel + 1 == channels_.size()) ++in_hand_;
    Waiting& waiting = waiting_.emplace_back();
    waiting.source = channel;
    waiting.tag = tag;
    waiting.queue = source.queue;
    swap(waiting.message, message);
    auto& trail = waiting.message.trail;
    if (source.queue == action::kDead) tell_drop(application_, waiting.message);
    if (source.queue.empty()) {
      const auto rest =
          action::rest_of_route(std::max(source.level, 0), channels_[channel].routing_key());
      waiting.queue = rest.queue;
      const bool has_time = trail.delayed_until_ms > 0;
      if (source.level != kOverdue)
        waiting.due_at_ms = has_time
                                ? trail.delayed_until_ms
                                : action::due_at_ms(rest.at_most, std::chrono::system_clock::now());
    } else {
      waiting.due_at_ms = trail.due_at_ms;
    }
    trail.due_at_ms = trail.delayed_until_ms = 0;
  }
  void on_consuming(QueueIndex, int) override {}
  void on_proven_empty(QueueIndex channel) override {
    if (channel + 1 == channels_.size()) is_reading_ = false;
  }
  void on_probe_delivered(QueueIndex) override { silences_ = 0; }
  void on_published(std::uint64_t, const Result<void>&) override {}

  std::unique_ptr<action::Connection> connection_;
  std::string application_;
  std::vector<Source> sources_;
  std::size_t next_ = 0;                // source
  std::deque<RabbitChannel> channels_;  // the last one is being read
  std::vector<const Source*> channel_sources_;
  std::deque<Waiting> waiting_;
  bool is_reading_ = false;
  int silences_ = 0;  // in a row
  int in_hand_ = 0;   // of the last channel
};

Result<std::unique_ptr<Backlog>> open_sources(const action::Link::Target& target,
                                              const action::BrokerUrl& url,
                                              std::vector<Source> sources,
                                              std::chrono::milliseconds timeout) {
  auto connection = action::Connection::open(url, target.name, timeout);
  if (!connection) return connection.error();
  if (auto opened = (*connection)->open_channel(kLooking); !opened) return opened.error();
  return std::unique_ptr<Backlog>(
      new RabbitBacklog(std::move(*connection), target.topology.application, std::move(sources)));
}

}  // namespace

Result<std::unique_ptr<Backlog>> open_rabbit_backlog(const action::Link::Target& target,
                                                     const action::BrokerUrl& url,
                                                     std::chrono::milliseconds timeout) {
  return open_sources(target, url, sources_of(target.topology), timeout);
}

Result<std::unique_ptr<Backlog>> open_unroutable(const action::Link::Target& target,
                                                 const action::BrokerUrl& url,
                                                 std::chrono::milliseconds timeout) {
  auto sources = unroutable_sources(target.topology);
  for (auto& source : sources) source.is_needed = false;
  return open_sources(target, url, std::move(sources), timeout);
}

}  // namespace actiond
