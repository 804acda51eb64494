#include "poller/delivery/journal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/duration.hpp"
#include "client/trace.hpp"

namespace actiond {
namespace {

constexpr int kFramesInLog = 6;
constexpr std::size_t kMostUnknownLogged = 1000;  // names may come from anywhere

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

// "attempt 2 of 3"; without the limit where a lower one came after the attempts.
std::string attempt_of(int attempt, int attempts) {
  return attempt > attempts ? fmt::format("attempt {}", attempt)
                            : fmt::format("attempt {} of {}", attempt, attempts);
}

TraceIds trace_of(const Delivery& delivery) {
  const std::string& context = delivery.trace.context;
  if (context.empty()) return {};
  return {action::trace_id(context), action::span_id(context)};
}

EventLine line_of(const Delivery& delivery) {
  const auto& message = delivery.message;
  return {delivery.queue_name,
          message.event,
          message.id,
          message.trail.attempt,
          message.body.empty() ? std::string_view("{}") : std::string_view(message.body),
          trace_of(delivery)};
}

// "medium:hello_world id=0193…"
std::string name_of(const Delivery& delivery) {
  return fmt::format("{}:{} id={}", delivery.queue_name, delivery.message.event,
                     delivery.message.id);
}

}  // namespace

void Journal::begun(Delivery& delivery) {
  if (delivery.is_logged) return;
  delivery.is_logged = true;
  log_.processing(line_of(delivery));
}

void Journal::wrote(Delivery* delivery, const LogFrame& line) {
  const auto level = static_cast<LogLevel>(line.level);
  if (delivery == nullptr) return log_.write(level, line.text);
  begun(*delivery);
  log_.plugin(level, delivery->message.event, delivery->message.id, line.text, trace_of(*delivery));
}

void Journal::unstorable(const std::string& why) {
  log_.error("{}: the event won't run again; storing its result is retried", why);
}

void Journal::settled(const Delivery& delivery, Settlement settlement) {
  const Outcome& outcome = delivery.outcome;
  switch (outcome.ending) {
    case Ending::Done:
    case Ending::Halted:
      ++counts_.done;
      return log_.finished(line_of(delivery), outcome.duration);
    case Ending::Snoozed:
      return snoozed(delivery);
    case Ending::NotStarted:
      return;
    case Ending::Expired:
      return expired(delivery, settlement);
    case Ending::Duplicate:
      return dropped(delivery);
    case Ending::Interrupted:
      return interrupted(delivery, settlement);
    case Ending::Lost:
      return log_.warning("{} ended while the broker was away; the broker offers it again",
                          name_of(delivery));
    case Ending::Stopped:
      return log_.warning("{} was {} and given back", name_of(delivery), outcome.reason);
    default:
      return failed(delivery, settlement);
  }
}

void Journal::given_up(const Delivery& delivery) {
  log_.warning(
      "what became of {} is given up, for the broker has not confirmed it; the broker "
      "offers the event again",
      name_of(delivery));
}

void Journal::unheard(const Delivery& delivery, const std::string& reason) {
  log_.warning("on_dead of {} failed: {}", name_of(delivery), reason);
}

void Journal::snoozed(const Delivery& delivery) {
  const std::string wait = format_duration(delivery.outcome.snooze);
  if (!delivery.outcome.reason.empty() && delivery.run == 0 &&
      !std::exchange(is_early_logged_, true))
    log_.warning(
        "{} {}, {} too early, and waits for the rest: is there a policy with message-ttl for the "
        "queues of delays, or is a clock wrong? Others that are early go back without a word",
        name_of(delivery), delivery.outcome.reason, wait);
  if (delivery.run == 0)  // it only came too early, see ends_without_run
    return log_.debug("{} is not due for {}", name_of(delivery), wait);
  log_.info("Snoozed {} for {}", name_of(delivery), wait);
}

void Journal::expired(const Delivery& delivery, Settlement settlement) {
  if (settlement == Settlement::DeadLetter) return failed(delivery, settlement);
  ++counts_.done;
  log_.info("Expired {}: {}", name_of(delivery), delivery.outcome.reason);
}

void Journal::dropped(const Delivery& delivery) {
  ++counts_.done;
  log_.info("Dropped {}: {}", name_of(delivery), delivery.outcome.reason);
}

void Journal::interrupted(const Delivery& delivery, Settlement settlement) {
  if (settlement == Settlement::DeadLetter) return failed(delivery, settlement);
  log_.warning("{}: {}; it is offered again, and runs alone", name_of(delivery),
               delivery.outcome.reason);
}

void Journal::failed(const Delivery& delivery, Settlement settlement) {
  EventLine line = line_of(delivery);
  const std::string& reason = delivery.outcome.reason;
  if (settlement == Settlement::Delay && delivery.outcome.ending == Ending::Unknown)
    return unknown(delivery);
  ++counts_.failed;
  if (!delivery.outcome.backtrace.empty())
    log_.error("{} crashed at {} id={}", delivery.message.event,
               head_of_backtrace(delivery.outcome.backtrace), delivery.message.id);
  const std::string delay = format_duration(delivery.verdict.delay);
  if (settlement == Settlement::Retry) {
    --line.attempt;  // the trail tells of the next one already
    return log_.failed(line, fmt::format("{}; {} in {}", reason,
                                         attempt_of(line.attempt + 1, delivery.attempts), delay));
  }
  if (settlement == Settlement::Delay)
    return log_.failed(
        line, fmt::format("{}; blamed on the new plugins; retried in {}, attempt not counted",
                          reason, delay));
  if (settlement != Settlement::DeadLetter) return log_.failed(line, reason);
  ++counts_.dead;
  log_.failed(line, fmt::format("{}; now among the dead letters, after {}", reason,
                                attempt_of(line.attempt, delivery.attempts)));
}

// Once for each name: it comes again every minute.
void Journal::unknown(const Delivery& delivery) {
  if (unknown_logged_.size() >= kMostUnknownLogged ||
      !unknown_logged_.insert(delivery.message.event).second)
    return log_.debug("{} is still unknown; offered again in {}", name_of(delivery),
                      format_duration(delivery.verdict.delay));
  log_.warning("{}: {} is offered again until one does, for {} at the longest",
               delivery.outcome.reason, name_of(delivery), format_duration(unknown_event_ttl_));
}

void Journal::paused(const std::string& queue, bool is_paused) {
  if (is_paused)
    log_.info("the queue {0} is paused: actiond resume {0} lets it go on", queue);
  else
    log_.info("the queue {} is resumed", queue);
}

// Only as far as it was told: whoever resumes a queue may be unable to tell all pollers.
void Journal::pause_lost(const std::string& queue) {
  log_.warning(
      "the queue {0} is no longer paused, and its events start, though this poller was not told "
      "that somebody resumed it: a policy with expires or message-ttl may have ended the pause, or "
      "its queue was deleted; actiond pause {0} pauses it again",
      queue);
}

void Journal::unneeded(const std::string& why) {
  log_.info("not queued: {}", why);
}

void Journal::doubtful(const std::string& warning) {
  log_.warning("{}", warning);
}

void Journal::quiet(bool is_quiet) {
  log_.info("{}", is_quiet ? "quiet: nothing new starts here until actiond resume --id"
                           : "no longer quiet: takes events again");
}

}  // namespace actiond
