#include "broker/rabbitmq/dead_reading.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "broker/rabbitmq/drop.hpp"
#include "client/rabbitmq/amqp.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr amqp_channel_t kFirstChannel = 2;
// Unacknowledged on a channel: some hosted brokers end one that holds 1,000.
constexpr std::size_t kPrefetch = 500;
constexpr std::size_t kBatch = 500;  // requeued and acknowledged together
constexpr auto kSilence = 500ms;
constexpr int kMostSilences = 20;
constexpr auto kSendingTime = 10s;
constexpr auto kRenewingTime = 2s;

}  // namespace

DeadReading::DeadReading(action::Connection& connection, const action::Link::Target& target,
                         std::size_t most, DeadLetterReader& reader)
    : connection_(connection),
      target_(target),
      most_(most),
      reader_(reader),
      prefetch_(static_cast<int>(std::min(most, kPrefetch))) {}

// What has been decided is done, also if the reading itself failed in between.
Result<void> DeadReading::run() {
  const auto done = read();
  const auto settled = settle();
  const auto closed = close();
  for (const auto* each : {&done, &settled, &closed})
    if (!*each) return *each;
  return {};
}

Result<void> DeadReading::read() {
  while (!is_over()) {
    if (auto ready = make_room(); !ready) return ready;
    if (auto received = receive(); !received) return received;
  }
  return problem_;
}

bool DeadReading::is_over() const {
  return is_closing_ || is_empty_ || taken_ >= most_ || !problem_ || reader_.has_enough();
}

Result<void> DeadReading::make_room() {
  if (channels_.empty()) return open_channel();
  const auto is_full = [this] { return in_hand_ >= static_cast<std::size_t>(prefetch_); };
  if (!is_full() || is_probing_) return {};
  if (auto settled = settle(); !settled) return settled;
  return is_full() ? open_channel() : Result<void>();
}

Result<void> DeadReading::open_channel() {
  const auto number = static_cast<amqp_channel_t>(kFirstChannel + channels_.size());
  if (auto opened = connection_.open_channel(number); !opened) return opened;
  in_hand_ = 0;
  return channels_.emplace_back(connection_, number, channels_.size(), target_.topology.dead())
      .consume(prefetch_);
}

Result<void> DeadReading::receive() {
  amqp_frame_t frame;
  auto read = connection_.next_frame(frame, kSilence);
  if (!read) return read.error();
  if (!*read) return on_silence();
  silences_ = 0;
  auto taken = take(frame);
  connection_.release(frame.channel);
  return taken;
}

Result<void> DeadReading::take(const amqp_frame_t& frame) {
  const std::size_t channel = frame.channel - std::size_t{kFirstChannel};
  if (channel < channels_.size()) {
    auto taken = channels_[channel].take(frame, *this);
    return taken && channels_[channel].is_missing() ? Error{channels_[channel].trouble()} : taken;
  }
  if (frame.frame_type == AMQP_FRAME_METHOD &&
      frame.payload.method.id == AMQP_CONNECTION_CLOSE_METHOD)
    return Error{fmt::format("the broker closed the connection: {}",
                             action::close_reason(frame.payload.method).text)};
  return {};
}

// There are less than there were at the beginning, because others have some in hand, or the
// broker takes its time.
Result<void> DeadReading::on_silence() {
  if (++silences_ > kMostSilences) return Error{"the broker does not answer any more"};
  if (auto settled = settle(); !settled) return settled;
  if (std::exchange(is_probing_, true)) return {};
  return channels_.back().probe();
}

void DeadReading::on_delivery(QueueIndex, std::uint64_t tag, bool, Message& letter) {
  if (letter.returned == 0 && renewed_.contains(letter.id)) return;  // its copy: goes back, unseen
  ++delivered_;
  if (is_over()) return;  // so does this
  ++taken_;
  ++in_hand_;
  decide(tag, letter);
  if (pending_.size() < kBatch || !problem_) return;
  problem_ = settle();
}

void DeadReading::decide(std::uint64_t tag, Message& letter) {
  std::string queue, id = letter.id;
  tell_drop(target_.topology.application, letter);
  std::optional<Message> counted;
  if (letter.returned > 0 && can_renew_) counted = letter;
  const Fate fate = reader_.take(letter, queue);
  if (fate == Fate::Keep && counted) renew(tag, std::move(*counted));
  if (fate == Fate::Keep) return;
  if (fate == Fate::Requeue) {
    const auto posted = post(std::move(queue), std::move(letter));
    if (!posted && posted.error().fault == action::Fault::Lasting)
      return reader_.on_refused(posted.error().text);
    problem_ = posted;
    if (!problem_) return;
  }
  pending_.push_back({tag, fate == Fate::Requeue ? Copy::Requeued : Copy::None, std::move(id)});
}

// Where that can't be done it is given back, as any other. The first is awaited: what is sent to a
// broker in an alarm is stored when that is over, and would be there twice.
void DeadReading::renew(std::uint64_t tag, Message letter) {
  std::string id = letter.id;
  const bool is_first = !renewer_;
  if (is_first) renewer_.emplace(target_, kBatch, kRenewingTime);
  action::Outgoing copy{action::kDead, std::move(letter)};
  const auto sent = is_first ? renewer_->queue(std::move(copy)) : renewer_->post(std::move(copy));
  can_renew_ = sent || sent.error().fault == action::Fault::Lasting;
  if (sent) pending_.push_back({tag, Copy::Renewed, std::move(id)});
}

Result<void> DeadReading::post(std::string queue, Message letter) {
  if (!sender_) sender_.emplace(target_, kBatch, kSendingTime);
  return sender_->post({std::move(queue), std::move(letter)});
}

// Several may have the same id: then none of them counts as taken.
Result<void> DeadReading::settle() {
  if (pending_.empty()) return {};
  const auto loss = sender_ ? sender_->flush() : std::nullopt;
  const auto unrenewed = renewer_ ? renewer_->flush() : std::nullopt;
  std::size_t requeued = 0, refused = 0;
  for (const auto& each : std::exchange(pending_, {})) {
    const auto& lost = each.copy == Copy::Renewed ? unrenewed : loss;
    const bool is_lost = lost && std::ranges::find(lost->ids, each.id) != lost->ids.end();
    if (each.copy == Copy::Requeued) ++(is_lost ? refused : requeued);
    if (each.copy == Copy::None || !is_lost)
      settle(each);
    else if (each.copy == Copy::Requeued)
      reader_.on_refused(lost->why);
    else
      can_renew_ = can_renew_ && lost->is_lasting;
  }
  if (auto flushed = channels_.back().flush(); !flushed) return flushed;
  // Nor would it take the next ones, unless it is about these alone.
  if (refused > 0 && requeued == 0 && !loss->is_lasting) return Error{loss->why};
  return {};
}

void DeadReading::settle(const Pending& pending) {
  channels_.back().acknowledge(pending.tag);
  ++settled_;
  --in_hand_;
  if (pending.copy == Copy::Requeued) reader_.on_requeued();
  if (pending.copy != Copy::Renewed) return;
  ++copies_;
  if (!pending.id.empty()) renewed_.insert(pending.id);
}

// In the order in which they were opened, and after nothing more is pushed: a quorum queue offers
// letters again in the order in which it gets them back, and would hand them to the newest channel.
Result<void> DeadReading::close() {
  is_closing_ = true;
  if (!connection_.is_open()) return {};
  if (auto stopped = stop_consuming(); !stopped) return stopped;
  for (std::size_t i = 0; i < channels_.size(); ++i) {
    const auto number = static_cast<amqp_channel_t>(kFirstChannel + i);
    amqp_channel_close_t close{AMQP_REPLY_SUCCESS, amqp_empty_bytes, 0, 0};
    if (auto closed = connection_.call(number, AMQP_CHANNEL_CLOSE_METHOD, &close); !closed)
      return closed.error().within("closing a channel");
    connection_.release(number);
  }
  return {};
}

Result<void> DeadReading::stop_consuming() {
  if (channels_.empty() || channels_.back().is_missing()) return {};
  const auto newest = static_cast<amqp_channel_t>(kFirstChannel + channels_.size() - 1);
  if (auto sent = channels_.back().cancel(); !sent) return sent;
  for (silences_ = 0; silences_ <= kMostSilences;) {
    amqp_frame_t frame;
    auto read = connection_.next_frame(frame, kSilence);
    if (!read) return read.error();
    silences_ = *read ? 0 : silences_ + 1;
    if (!*read) continue;
    const bool is_done = frame.channel == newest && frame.frame_type == AMQP_FRAME_METHOD &&
                         frame.payload.method.id == AMQP_BASIC_CANCEL_OK_METHOD;
    auto taken = take(frame);
    connection_.release(frame.channel);
    if (!taken || is_done) return taken;
  }
  return Error{"the broker does not answer any more"};
}

}  // namespace actiond
