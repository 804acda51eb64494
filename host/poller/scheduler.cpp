#include "poller/scheduler.hpp"

#include <algorithm>
#include <utility>

#include "base/clock.hpp"
#include "client/event_id.hpp"
#include "poller/delivery/admission.hpp"
#include "poller/delivery/waiting.hpp"
#include "poller/runners/time_limits.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr auto kHold = kSlowRun;  // a busy poller keeps nothing from others for longer
constexpr auto kSend = 5s;        // what is still on its way into a runner has not been waiting
constexpr int kMostStuck = 16;    // events that can't be stored: more are not taken
constexpr auto kAdjust = 20ms;    // at the least between two changes of the prefetch

}  // namespace

Scheduler::Scheduler(const Config& config, Clock& clock, const std::string& poller,
                     Journal& journal, Crew& crew, SchedulerEvents events)
    : config_(config),
      clock_(clock),
      journal_(journal),
      crew_(crew),
      events_(std::move(events)),
      intake_(config.queues_to_consume(), pool_),
      judge_(config),
      settler_(
          poller,
          [this](const Delivery& delivery, std::int64_t now_ms) {
            return judge_(delivery, now_ms);
          },
          [this](const Delivery& delivery, Settlement settlement) {
            if (delivery.epoch == epoch_ && settlement != Settlement::Forget)
              intake_.settled(delivery.queue);
            if (settlement == Settlement::Again || settlement == Settlement::DeadLetter)
              quarantine_.stored(delivery);
            else if (delivery.outcome.ending == Ending::Interrupted)
              quarantine_.not_stored(delivery);
            journal_.settled(delivery, settlement);
            events_.on_settled(delivery, settlement);
          }),
      quarantine_(config.run_dir, clock),
      strays_([this](Delivery& delivery) { journal_.settled(delivery, Settlement::Forget); }),
      pace_(config.prefetch, config.concurrency),
      storing_timer_(clock.timer()) {}

Scheduler::~Scheduler() {
  for (auto& delivery : settler_.lost()) delivery->is_settled = true;
  if (auto waiting = quarantine_.take_waiting()) waiting->is_settled = true;
  intake_.lost();
  while (last_words_.waiting() > 0) last_words_.next()->is_settled = true;
}

void Scheduler::learn(const LoadReport& report, const std::string& set) {
  policies_.emplace_back(config_, report, set);
}

void Scheduler::connected(Broker& broker, std::uint64_t epoch) {
  epoch_ = epoch;
  intake_.connected(broker, epoch);
  settler_.connected(broker, epoch);
}

void Scheduler::lost() {
  epoch_ = 0;
  for (auto& delivery : settler_.lost()) {
    if (delivery->run != 0)
      strays_.keep(std::move(delivery), clock_.now());
    else
      delivery->is_settled = true;  // it ended without a run, and may do so again
  }
  if (auto waiting = quarantine_.take_waiting()) waiting->is_settled = true;
  quarantine_.lost();
  intake_.lost();
  crew_.recall();
  crew_.for_each_in_hand([this](Delivery& delivery) { strays_.add(delivery); });
  while (last_words_.waiting() > 0) strays_.keep(last_words_.next(), clock_.now());
}

bool Scheduler::open() {
  auto opened = intake_.open(pace_.prefetch());
  if (!opened) events_.on_broker_lost(opened.error());
  return opened.ok();
}

void Scheduler::hold() {
  if (auto waiting = quarantine_.take_waiting()) intake_.put_back(std::move(waiting));
  give_back_waiting();
}

void Scheduler::give_back_waiting() {
  crew_.recall();
  if (auto closed = intake_.close(); !closed) events_.on_broker_lost(closed.error());
}

std::optional<Error> Scheduler::resume() {
  settler_.resume(clock_.now());
  if (const auto next = settler_.next_try()) storing_timer_->set(*next - clock_.now(), [] {});
  if (std::exchange(is_problem_logged_, !problem().empty()) < !problem().empty())
    journal_.unstorable(problem());
  if (!strays_.is_empty()) strays_.drop_old(clock_.now());
  return settler_.take_trouble();
}

// Its prefetch alone would not do: the answer to a question comes besides.
bool Scheduler::is_stuck() const {
  return settler_.stuck() >= static_cast<std::size_t>(std::max(pace_.prefetch(), kMostStuck));
}

void Scheduler::schedule() {
  if (is_stuck()) {
    if (intake_.is_open()) hold();
    return;
  }
  if (quarantine_.is_occupied()) return run_alone();
  if (!intake_.is_open() && (!crew_.is_any_idle() || !open())) return;
  adjust_prefetch();
  hand_dying(false);
  // What came for a higher queue overtakes what sits in a pipe and has not begun.
  if (const auto highest = intake_.highest_waiting()) crew_.recall_lower_than(*highest);
  while (RunnerSlot* slot = crew_.freest(pace_.pipe_depth())) {
    DeliveryPointer delivery = intake_.next();
    if (!delivery) return;
    if (Quarantine::is_suspect(*delivery) &&
        (crew_.is_any_busy() || quarantine_.is_too_early(*delivery)))
      return quarantine_.wait(std::move(delivery));
    hand(*slot, std::move(delivery));
    if (quarantine_.is_occupied()) return;
  }
}

// A poller died in it: nothing begins beside it, and it waits until all else has ended.
void Scheduler::run_alone() {
  if (!quarantine_.can_waiting_run() || crew_.is_any_busy()) return;
  if (RunnerSlot* slot = crew_.freest(1)) hand(*slot, quarantine_.take_waiting());
}

void Scheduler::hand_dying(bool is_leaving) {
  while (last_words_.waiting() > 0) {
    RunnerSlot* slot = crew_.freest(pace_.pipe_depth());
    if (slot == nullptr) break;
    slot->hand(last_words_.next());
  }
  if (!is_leaving || crew_.is_any_busy()) return;
  while (last_words_.waiting() > 0) {
    DeliveryPointer delivery = last_words_.next();
    delivery->outcome = {Ending::Stopped, "no runner was left for its on_dead", {}, {}};
    settler_.ended(std::move(delivery));
  }
}

// Its attempts are used up, or it was discarded, and its plugin wants to know.
bool Scheduler::is_to_hear_of_death(const Delivery& delivery) {
  return delivery.outcome.ending != Ending::Done && !delivery.is_heard &&
         policies_.back().of(delivery.message.event).has_on_dead &&
         judge_(delivery, wall_now_ms()).settlement == Settlement::DeadLetter;
}

// It has ended, and its connection is there.
void Scheduler::finish(DeliveryPointer delivery) {
  if (delivery->is_dying) return last_words_.put_back(std::move(delivery));
  if (is_to_hear_of_death(*delivery)) return last_words_.await(std::move(delivery));
  settler_.ended(std::move(delivery));
}

void Scheduler::adjust_prefetch() {
  const auto now = clock_.now();
  if (!pace_.is_off(intake_.prefetch()) || now - last_adjusted_ < kAdjust) return;
  last_adjusted_ = now;
  open();
}

void Scheduler::hand(RunnerSlot& slot, DeliveryPointer delivery) {
  events_.on_heard(false);
  delivery->plugin_set = policies_.back().set();
  const EventPolicy& policy = policies_.back().of(delivery->message.event);
  auto& due_at_ms = delivery->message.trail.due_at_ms;
  auto outcome = ends_without_run(*delivery, policy, due_at_ms > 0 ? wall_now_ms() : 0);
  due_at_ms = 0;
  if (!outcome || outcome->ending == Ending::Unknown) {
    delivery->timeout = policy.timeout;
    delivery->attempts = policy.attempts;
    delivery->plugin = policy.plugin;
  }
  if (!outcome) outcome = quarantine_.stop(*delivery);
  if (outcome) {
    delivery->outcome = std::move(*outcome);
    return settler_.ended(std::move(delivery));
  }
  if (slot.pipe().empty()) {
    last_change_ = clock_.now();
    journal_.begun(*delivery);
  }
  quarantine_.runs(*delivery);
  slot.hand(std::move(delivery));
}

// No runner has become free for a while: what waits here could run elsewhere.
void Scheduler::on_tick(MonotonicTime now) {
  const auto patience = crew_.is_any_sending() ? kSend : kHold;
  const bool is_busy = !crew_.is_any_idle() || quarantine_.is_occupied();
  if (intake_.is_open() && is_busy && now - last_change_ >= patience) give_back_waiting();
}

bool Scheduler::ask_if_idle(std::chrono::seconds silence) {
  if (!intake_.is_open() || crew_.is_any_busy() || clock_.now() - last_change_ < silence)
    return false;
  intake_.probe_all();
  return true;
}

void Scheduler::on_delivery(QueueIndex queue, std::uint64_t tag, bool is_redelivered,
                            Message& message) {
  if (is_redelivered && !strays_.is_empty() && adopt(queue, tag, message)) return;
  if (message.id.empty()) message.id = action::new_event_id();
  intake_.delivered(queue, tag, is_redelivered, message);
}

// Nothing starts again: the run that goes on, or has ended, is that of the copy.
bool Scheduler::adopt(QueueIndex queue, std::uint64_t tag, Message& message) {
  auto stray = strays_.take(message);
  if (stray.delivery == nullptr) return false;
  stray.delivery->has_ended = false;
  intake_.adopted(*stray.delivery, queue, tag, message);
  settler_.send_unsent(*stray.delivery);
  if (stray.ended) finish(std::move(stray.ended));
  return true;
}

void Scheduler::on_consuming(QueueIndex queue, int prefetch) {
  intake_.consuming(queue, prefetch);
}

void Scheduler::on_proven_empty(QueueIndex queue) {
  intake_.proven_empty(queue);
}

void Scheduler::on_probe_delivered(QueueIndex queue) {
  intake_.probe_delivered(queue);
  events_.on_heard(true);
}

void Scheduler::on_published(std::uint64_t number, const Result<void>& taken) {
  settler_.published(number, taken);
}

void Scheduler::on_ended(DeliveryPointer delivery) {
  last_change_ = clock_.now();
  if (delivery->is_dying) {
    const std::string reason = LastWords::heard(*delivery);
    if (!reason.empty()) journal_.unheard(*delivery, reason);
    if (delivery->epoch == epoch_) return settler_.ended(std::move(delivery));
    return strays_.keep(std::move(delivery), clock_.now());
  }
  if (delivery->outcome.ending == Ending::Done) pace_.ran(delivery->outcome.duration);
  journal_.begun(*delivery);
  delivery->waited = waiting_time(delivery->message, delivery->outcome.duration, wall_now_ms());
  events_.on_ended(*delivery);
  quarantine_.gone(*delivery);
  if (delivery->epoch == epoch_) return finish(std::move(delivery));
  strays_.keep(std::move(delivery), clock_.now());
}

void Scheduler::on_returned(DeliveryPointer delivery) {
  if (!strays_.is_empty()) strays_.forget(*delivery);
  quarantine_.gone(*delivery);
  if (delivery->is_dying) return last_words_.put_back(std::move(delivery));
  intake_.put_back(std::move(delivery));
}

void Scheduler::on_queued(Delivery& delivery, const QueueFrame& frame) {
  Message message;
  message.event = frame.event;
  message.id = frame.id;
  message.body = frame.params;
  message.trail.queued_at_ms = wall_now_ms();
  message.enqueued_at_s = message.trail.queued_at_ms / 1000;
  settler_.queue(delivery, {frame.queue.empty() ? policies_.back().of(frame.event).queue
                                                : std::string(frame.queue),
                            std::move(message), std::chrono::milliseconds(frame.delay_ms)});
}

void Scheduler::on_logged(Delivery* delivery, const LogFrame& frame) {
  journal_.wrote(delivery, frame);
}

}  // namespace actiond
