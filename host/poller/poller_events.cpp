// What broker, runners and settler tell the poller.
#include <fmt/format.h>

#include "base/duration.hpp"
#include "client/event_id.hpp"
#include "poller/poller.hpp"

namespace actiond {
namespace {

constexpr int kFramesInLog = 6;
constexpr std::size_t kMostUnknownSaid = 1000;  // names may come from anywhere

// "a < b < c": the innermost frames in one line; all are in the dead letter.
std::string head_of_backtrace(std::string_view backtrace) {
  std::string head;
  for (int i = 0; i < kFramesInLog && !backtrace.empty(); ++i) {
    const auto end = std::min(backtrace.find('\n'), backtrace.size());
    head += (head.empty() ? "" : " < ") + std::string(backtrace.substr(0, end));
    backtrace.remove_prefix(std::min(end + 1, backtrace.size()));
  }
  return head;
}

EventLine line_of(const Delivery& delivery) {
  const auto& message = delivery.message;
  return {delivery.queue_name, message.event, message.id, message.trail.attempt,
          message.body.empty() ? std::string_view("{}") : std::string_view(message.body)};
}

}  // namespace

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
  log_processing(*delivery);
  watch_set(*delivery);
  settler_.ended(std::move(delivery));
  if (config_.recycle.events && slot.is_ready() &&
      slot.ended() >= static_cast<std::uint64_t>(*config_.recycle.events))
    recycle(slot, fmt::format("it has run {} events", slot.ended()));
  is_pid_file_due_ = true;
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
  const auto level = static_cast<LogLevel>(frame.level);
  if (delivery == nullptr) return log_.write(level, frame.text);
  log_processing(*delivery);
  log_.plugin(level, delivery->message.event, delivery->message.id, frame.text);
}

void Poller::on_died(RunnerSlot& slot, bool had_worked, const std::string& how) {
  if (state_ == State::Leaving || state_ == State::Gone) return;
  const auto wait = place_of(slot).respawn.died(had_worked);
  if (!how.empty() && how != runner_problem_) log_.warning("{}: starting another runner", how);
  // One that died before its first event may well die again: said once, and to be seen in status.
  if (!had_worked && !how.empty()) runner_problem_ = how;
  start_runner_later(slot, wait);
}

void Poller::log_processing(Delivery& delivery) {
  if (delivery.is_logged) return;
  delivery.is_logged = true;
  log_.processing(line_of(delivery));
}

void Poller::on_settled(const Delivery& delivery, Settlement settlement) {
  if (delivery.epoch == epoch_ && settlement != Settlement::Forget) intake_.settled(delivery.queue);
  const Outcome& outcome = delivery.outcome;
  switch (outcome.ending) {
    case Ending::Done:
    case Ending::Halted:
      ++done_;
      return log_.finished(line_of(delivery), outcome.duration);
    case Ending::Snoozed:
      if (delivery.run == 0)  // see is_early
        return log_.debug("{}:{} id={} is not due for {}", delivery.queue_name,
                          delivery.message.event, delivery.message.id,
                          format_duration(outcome.snooze));
      return log_.info("Snoozed {}:{} id={} for {}", delivery.queue_name, delivery.message.event,
                       delivery.message.id, format_duration(outcome.snooze));
    case Ending::NotStarted:
      return;
    case Ending::Lost:
      return log_.warning("{}:{} id={} ended while the broker was away; the broker offers it again",
                          delivery.queue_name, delivery.message.event, delivery.message.id);
    case Ending::Stopped:
      return log_.warning("{}:{} id={} was {} and given back", delivery.queue_name,
                          delivery.message.event, delivery.message.id, outcome.reason);
    default:
      return log_failure(delivery, settlement);
  }
}

void Poller::log_failure(const Delivery& delivery, Settlement settlement) {
  EventLine line = line_of(delivery);
  const std::string& reason = delivery.outcome.reason;
  if (settlement == Settlement::Delay && delivery.outcome.ending == Ending::Unknown)
    return log_unknown(delivery);
  ++failed_;
  if (!delivery.outcome.backtrace.empty())
    log_.error("{} crashed at {} id={}", delivery.message.event,
               head_of_backtrace(delivery.outcome.backtrace), delivery.message.id);
  if (settlement == Settlement::Retry) {
    --line.attempt;  // the trail tells of the next one already
    return log_.failed(
        line, fmt::format("{}; attempt {} of {} in {}", reason, line.attempt + 1, delivery.attempts,
                          format_duration(delivery.verdict.delay)));
  }
  if (settlement == Settlement::Delay)
    return log_.failed(line, fmt::format("{}; put down to the new plugin set: again in {}, no "
                                         "attempt spent",
                                         reason, format_duration(delivery.verdict.delay)));
  if (settlement != Settlement::DeadLetter) return log_.failed(line, reason);
  ++dead_;
  log_.failed(line, fmt::format("{}; now among the dead letters, after attempt {} of {}", reason,
                                line.attempt, delivery.attempts));
}

// Once for each name: it comes again every minute.
void Poller::log_unknown(const Delivery& delivery) {
  if (unknown_said_.size() >= kMostUnknownSaid ||
      !unknown_said_.insert(delivery.message.event).second)
    return log_.debug("{}:{} id={} is still unknown; offered again in {}", delivery.queue_name,
                      delivery.message.event, delivery.message.id,
                      format_duration(delivery.verdict.delay));
  log_.warning("{}: {}:{} id={} is offered again until one does, for {} at the longest",
               delivery.outcome.reason, delivery.queue_name, delivery.message.event,
               delivery.message.id, format_duration(config_.unknown_event_ttl));
}

}  // namespace actiond
