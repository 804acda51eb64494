// What broker, runners and settler tell the poller.
#include <fmt/format.h>

#include "client/event_id.hpp"
#include "poller/poller.hpp"

namespace actiond {
void Poller::on_delivery(QueueIndex queue, std::uint64_t tag, bool is_redelivered,
                         Message& message) {
  if (message.id.empty()) message.id = action::new_event_id();
  intake_.delivered(queue, tag, is_redelivered, message);
}

void Poller::on_consuming(QueueIndex queue, int prefetch) {
  intake_.consuming(queue, prefetch);
}

void Poller::on_proven_empty(QueueIndex queue) {
  intake_.proven_empty(queue);
}

void Poller::on_probe_delivered(QueueIndex queue) {
  intake_.probe_delivered(queue);
  is_consumer_lost_ = std::exchange(is_silence_suspect_, false);
}

void Poller::on_published(std::uint64_t number, const Result<void>& taken) {
  settler_.published(number, taken);
}

void Poller::on_ready(RunnerSlot&, const LoadReport& report) {
  plugins_ = report;
  name_files(plugins_);
  if (state_ == State::Loading && are_all_ready()) became_ready();
}

void Poller::on_refused(RunnerSlot& slot, const std::string& why) {
  if (state_ == State::Loading) return fail_start(Error{why});
  if (runner_problem_ != why) log_.error("{}: trying again", why);
  runner_problem_ = why;
  slot.kill(Ending::NotStarted, why);  // on_died sees to the next one
}

void Poller::on_ended(RunnerSlot& slot, DeliveryPointer delivery) {
  place_of(slot).respawn.worked();
  runner_problem_.clear();
  last_change_ = monotonic_now();
  if (delivery->outcome.ending == Ending::Done) pace_.ran(delivery->outcome.duration);
  journal_.begun(*delivery);
  watch_set(*delivery);
  settler_.ended(std::move(delivery));
  if (config_.recycle.events && slot.is_ready() &&
      slot.ended() >= static_cast<std::uint64_t>(*config_.recycle.events))
    recycle(slot, fmt::format("it has run {} events", slot.ended()));
  tenure_.event_ended();
}

void Poller::on_returned(DeliveryPointer delivery) {
  intake_.put_back(std::move(delivery));
}

void Poller::on_queued(Delivery& delivery, const QueueFrame& frame) {
  Message message;
  message.event = frame.event;
  message.id = frame.id;
  message.body = frame.params;
  message.enqueued_at_s = wall_now_ms() / 1000;
  settler_.queue(
      delivery,
      frame.queue.empty() ? policies_.back().of(frame.event).queue : std::string(frame.queue),
      std::move(message), std::chrono::milliseconds(frame.delay_ms));
}

void Poller::on_logged(Delivery* delivery, const LogFrame& frame) {
  journal_.wrote(delivery, frame);
}

void Poller::on_died(RunnerSlot& slot, bool had_worked, const std::string& how) {
  if (state_ == State::Leaving || state_ == State::Gone) return;
  const auto wait = place_of(slot).respawn.died(had_worked);
  if (!how.empty() && how != runner_problem_) log_.warning("{}: starting another runner", how);
  // One that died before its first event may well die again: said once, and to be seen in status.
  if (!had_worked && !how.empty()) runner_problem_ = how;
  start_runner_later(slot, wait);
}

void Poller::on_settled(const Delivery& delivery, Settlement settlement) {
  if (delivery.epoch == epoch_ && settlement != Settlement::Forget) intake_.settled(delivery.queue);
  journal_.settled(delivery, settlement);
}

}  // namespace actiond
