#include "poller/scheduler.hpp"

#include <algorithm>
#include <utility>

#include "base/clock.hpp"
#include "poller/delivery/admission.hpp"
#include "poller/runners/time_limits.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr auto kHold = kSlowRun;  // a busy poller keeps nothing from others for longer
constexpr auto kSend = 5s;        // what is still on its way into a runner has not been waiting
constexpr int kMostStuck = 16;    // outcomes that can't be stored: then no more is taken

// Its prefetch alone would not do: the answer to a question comes besides.
bool is_stuck(const Outcomes& outcomes, const Pace& pace) {
  return outcomes.held_up() >=
         static_cast<std::size_t>(std::max(pace.usual_prefetch(), kMostStuck));
}

// With nothing free: after so long, what waits here is given back, for it could run elsewhere.
std::chrono::nanoseconds patience(const Crew& crew) {
  return crew.is_any_sending() ? kSend : kHold;
}

}  // namespace

Scheduler::Scheduler(const Config& config, Clock& clock, const std::string& poller,
                     Journal& journal, Crew& crew, SchedulerEvents events, std::optional<int> id)
    : config_(config),
      clock_(clock),
      journal_(journal),
      crew_(crew),
      events_(std::move(events)),
      intake_(config.queues_to_consume(), pool_),
      quarantine_(config.run_dir, clock),
      outcomes_({config, clock, journal, intake_, quarantine_, policies_}, poller,
                {[this](Delivery& delivery) {
                   last_change_ = clock_.now();
                   if (delivery.is_dying) return;
                   if (delivery.outcome.ending == Ending::Done)
                     pace_.ran(delivery.outcome.duration);
                   events_.on_ended(delivery);
                 },
                 events_.on_settled,
                 [this](MonotonicTime now) {
                   const bool is_held_up = quarantine_.is_occupied() || !crew_.is_any_idle();
                   if (intake_.is_open() && is_held_up && now - last_change_ >= patience(crew_))
                     give_back_waiting();
                 }}),
      pace_(config.prefetch, config.concurrency, config.queue_type),
      quiet_(config.run_dir, id) {}

Scheduler::~Scheduler() {
  if (auto waiting = quarantine_.take_waiting()) waiting->is_settled = true;
  keys_.lost();
  intake_.lost();
}

void Scheduler::learn(const LoadReport& report, const std::string& set) {
  const bool is_new = policies_.empty() || policies_.back().set() != set;
  policies_.emplace_back(config_, report, set);
  if (!is_new) return;
  for (const auto& plugin : report.plugins)
    for (const auto& warning : unknown_queues(config_, plugin)) journal_.doubtful(warning);
}

void Scheduler::connected(Broker& broker, std::uint64_t epoch) {
  pace_.may_hold(broker.most_held());
  intake_.connected(broker, epoch);
  keys_.connected(broker);
  outcomes_.connected(broker, epoch);
  if (epoch == 1) quarantine_.begin();
  for (QueueIndex i = 0; i < config_.queues_to_consume().size(); ++i)
    if (const auto is_paused = broker.is_paused(i)) on_paused(i, *is_paused);  // or as it was
}

void Scheduler::took_over() {
  quiet_.read();
  if (is_quiet()) journal_.quiet(true);
}

void Scheduler::lost() {
  if (auto waiting = quarantine_.take_waiting()) waiting->is_settled = true;
  quarantine_.lost();
  intake_.lost();
  outcomes_.lost(crew_);
  keys_.lost();
}

bool Scheduler::open() {
  if (is_quiet()) return true;
  auto opened = intake_.open(pace_.prefetch());
  if (!opened) events_.on_broker_lost(opened.error());
  return opened.ok();
}

Result<void> Scheduler::be_quiet(bool is_quiet) {
  const bool was_quiet = quiet_.is_quiet();
  if (auto kept = quiet_.set(is_quiet); !kept || was_quiet == is_quiet) return kept;
  journal_.quiet(is_quiet);
  if (is_quiet && intake_.is_open()) hold();
  return {};
}

void Scheduler::hold() {
  if (auto waiting = quarantine_.take_waiting()) intake_.put_back(std::move(waiting));
  give_back_waiting();
}

void Scheduler::give_back_waiting() {
  crew_.recall();
  if (auto closed = intake_.close(); !closed) events_.on_broker_lost(closed.error());
}

void Scheduler::schedule() {
  const bool is_elastic = crew_.range().is_elastic();
  pace_.held_up(outcomes_.held_up());
  if (is_elastic) pace_.staffed(crew_.size(), crew_.size() < crew_.range().most);
  has_enough_ = false;
  hand_out();
  if (is_elastic) crew_.feel(intake_.highest_waiting().has_value());
}

void Scheduler::hand_out() {
  if (is_quiet()) return outcomes_.hand_dying(crew_, pace_.pipe_depth(), false);
  if (is_stuck(outcomes_, pace_)) {
    if (intake_.is_open()) hold();
    return;
  }
  if (quarantine_.is_occupied()) {
    // A poller died in it: nothing begins beside it, and it waits until all else has ended.
    if (!quarantine_.can_waiting_run() || crew_.is_any_busy()) return;
    if (RunnerSlot* slot = crew_.freest(1)) hand(*slot, quarantine_.take_waiting());
    return;
  }
  if (!intake_.is_open() && (!crew_.is_any_idle() || !open())) return;
  if (pace_.is_to_be_adjusted(intake_.prefetch(), clock_.now())) open();
  outcomes_.hand_dying(crew_, pace_.pipe_depth(), false);
  // What came for a higher queue overtakes what sits in a pipe and has not begun.
  if (const auto highest = intake_.highest_waiting()) crew_.recall(*highest);
  while (RunnerSlot* slot = crew_.freest(pace_.pipe_depth())) {
    DeliveryPointer delivery = intake_.next();
    if (!delivery) return;
    if (Quarantine::is_suspect(*delivery) &&
        (crew_.is_any_busy() || quarantine_.is_too_early(*delivery)))
      return quarantine_.wait(std::move(delivery));
    hand(*slot, std::move(delivery));
    if (quarantine_.is_occupied()) return;
  }
  // A pipe whose next run would begin by itself must hear of what is more urgent.
  has_enough_ = pace_.pipe_depth() == 1;
}

void Scheduler::hand(RunnerSlot& slot, DeliveryPointer delivery) {
  if (keys_.is_closed_for(*delivery)) return keys_.ask(std::move(delivery), *this);
  events_.on_heard(false);
  delivery->plugin_set = policies_.back().set();
  const EventPolicy& policy = policies_.back().of(delivery->message.event);
  auto& trail = delivery->message.trail;
  const bool was_delayed = trail.due_at_ms > 0 || trail.delayed_until_ms > 0;
  const bool may_expire = trail.expires_at_ms > 0 || policy.expires.count() > 0;
  auto outcome = ends_without_run(*delivery, policy, was_delayed || may_expire ? wall_now_ms() : 0);
  trail.due_at_ms = 0;
  if (!outcome || outcome->ending == Ending::Unknown || outcome->ending == Ending::Expired) {
    trail.expires_at_ms = expiry(delivery->message, policy);
    delivery->timeout = policy.timeout;
    delivery->attempts = policy.attempts;
    delivery->plugin = policy.plugin;
  }
  if (!outcome) outcome = quarantine_.stop(*delivery);
  if (outcome) {
    delivery->outcome = std::move(*outcome);
    return outcomes_.settle(std::move(delivery));
  }
  if (slot.pipe().empty()) last_change_ = clock_.now();
  quarantine_.runs(*delivery);
  events_.on_handing(*delivery);
  slot.hand(std::move(delivery));
}

bool Scheduler::ask_if_idle(std::chrono::seconds silence) {
  if (!intake_.is_open() || crew_.is_any_busy() || clock_.now() - last_change_ < silence)
    return false;
  intake_.probe_all();
  return true;
}

void Scheduler::on_delivery(QueueIndex queue, std::uint64_t tag, bool is_redelivered,
                            Message& message) {
  if (is_redelivered && outcomes_.adopt(queue, tag, message)) return;
  intake_.delivered(queue, tag, is_redelivered, message);
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

// What sits in a pipe and has not begun comes back, and goes on if it is of another queue.
void Scheduler::on_paused(QueueIndex queue, bool is_paused) {
  if (!intake_.pause(queue, is_paused)) return;
  journal_.paused(config_.queues_to_consume()[queue], is_paused);
  if (!is_paused) return;
  if (auto waiting = quarantine_.take_waiting()) intake_.put_back(std::move(waiting));
  crew_.recall();
}

void Scheduler::on_pause_lost(QueueIndex queue) {
  if (intake_.pause(queue, false)) journal_.pause_lost(config_.queues_to_consume()[queue]);
}

// One that has its key is handed out next, unless nothing is to begin any more.
void Scheduler::on_key(QueueIndex queue, std::uint64_t tag, bool may_run,
                       const std::string& holder) {
  DeliveryPointer delivery = keys_.take(queue, tag);
  if (!delivery) return;
  delivery->has_key = true;
  if (may_run) return intake_.put_back(std::move(delivery));
  delivery->plugin_set = policies_.back().set();
  delivery->outcome = another_has_key(delivery->message, holder);
  outcomes_.settle(std::move(delivery));
}

void Scheduler::on_remark(const std::string& sentence) {
  journal_.doubtful(sentence);
}

void Scheduler::on_published(std::uint64_t number, const Result<void>& taken) {
  outcomes_.published(number, taken);
}

}  // namespace actiond
