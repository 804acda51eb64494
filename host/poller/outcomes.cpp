#include "poller/outcomes.hpp"

#include <algorithm>
#include <utility>

#include "base/clock.hpp"
#include "client/delay_trip.hpp"
#include "client/unique.hpp"
#include "poller/delivery/waiting.hpp"

namespace actiond {

namespace {

// What a handler queues expires so long after it is to run.
std::int64_t expires_at(const QueueFrame& frame, std::int64_t now_ms) {
  if (frame.expires_ms <= 0) return 0;
  const action::WallTime now(std::chrono::milliseconds{now_ms});
  const std::chrono::milliseconds delay(std::max<std::int64_t>(0, frame.delay_ms));
  return action::expires_at_ms(std::chrono::milliseconds(frame.expires_ms),
                               action::WallTime(action::due_at(delay, now)));
}

// Its attempts are used up, or it was discarded, and its plugin wants to know.
bool is_to_hear_of_death(const Delivery& delivery, const EventPolicies& policies, Judge& judge) {
  return delivery.outcome.ending != Ending::Done && !delivery.is_heard &&
         policies.of(delivery.message.event).has_on_dead &&
         judge(delivery, wall_now_ms()).settlement == Settlement::DeadLetter;
}

}  // namespace

Outcomes::Outcomes(Parts parts, const std::string& poller, OutcomeEvents events)
    : parts_(parts),
      events_(std::move(events)),
      judge_(parts.config),
      settler_(
          poller,
          [this](const Delivery& delivery, std::int64_t now_ms) {
            return judge_(delivery, now_ms);
          },
          [this](const Delivery& delivery, Settlement settlement) {
            settled(delivery, settlement);
          }),
      strays_([this](Delivery& delivery) { parts_.journal.settled(delivery, Settlement::Forget); }),
      storing_timer_(parts.clock.timer()) {}

Outcomes::~Outcomes() {
  for (auto& delivery : settler_.lost()) delivery->is_settled = true;
  while (last_words_.waiting() > 0) last_words_.next()->is_settled = true;
}

void Outcomes::connected(Broker& broker, std::uint64_t epoch) {
  epoch_ = epoch;
  settler_.connected(broker, epoch);
  strays_.connected(parts_.clock.now());
}

void Outcomes::lost(Crew& crew) {
  epoch_ = 0;
  for (auto& delivery : settler_.lost()) {
    if (delivery->run != 0)
      strays_.keep(std::move(delivery), parts_.clock.now());
    else
      delivery->is_settled = true;  // it ended without a run, and may do so again
  }
  crew.recall();
  crew.for_each_in_hand([this](Delivery& delivery) { strays_.add(delivery); });
  while (last_words_.waiting() > 0) strays_.keep(last_words_.next(), parts_.clock.now());
}

bool Outcomes::adopt(QueueIndex queue, std::uint64_t tag, Message& message) {
  if (strays_.is_empty()) return false;
  auto stray = strays_.take(queue, message);
  if (stray.delivery == nullptr) return false;
  stray.delivery->has_ended = false;
  parts_.intake.adopted(*stray.delivery, queue, tag, message);
  settler_.send_unsent(*stray.delivery);
  if (stray.ended) finish(std::move(stray.ended));
  return true;
}

void Outcomes::give_up() {
  for (auto& delivery : settler_.lost()) {
    parts_.journal.given_up(*delivery);
    delivery->is_settled = true;
  }
}

// One that its key makes unneeded is as good as taken.
void Outcomes::published(std::uint64_t number, const Result<void>& taken) {
  if (taken || taken.error().fault != Fault::Duplicate) return settler_.published(number, taken);
  parts_.journal.unneeded(taken.error().text);
  settler_.published(number, {});
}

bool Outcomes::resume() {
  settler_.resume(parts_.clock.now());
  wake_to_store();
  if (std::exchange(is_problem_logged_, !problem().empty()) < !problem().empty())
    parts_.journal.unstorable(problem());
  if (epoch_ != 0 && !strays_.is_empty()) strays_.drop_old(parts_.clock.now());
  return settler_.take_missing();
}

// Once for each time: to set a timer anew ends the wait that it was set for, and that is a turn.
void Outcomes::wake_to_store() {
  const auto next = settler_.next_try();
  if (!next || next == storing_at_) return;
  storing_at_ = next;
  storing_timer_->set(*next - parts_.clock.now(), [] {});
}

void Outcomes::hand_dying(Crew& crew, std::size_t pipe_depth, bool is_leaving) {
  while (last_words_.waiting() > 0) {
    RunnerSlot* slot = crew.freest(pipe_depth);
    if (slot == nullptr) break;
    slot->hand(last_words_.next());
  }
  if (!is_leaving || crew.is_any_busy()) return;
  while (last_words_.waiting() > 0) {
    DeliveryPointer delivery = last_words_.next();
    delivery->outcome = {Ending::Stopped, "no runner was left for its on_dead", {}, {}};
    settle(std::move(delivery));
  }
}

void Outcomes::on_ended(DeliveryPointer delivery) {
  if (delivery->is_dying) return heard(std::move(delivery));
  parts_.journal.begun(*delivery);
  delivery->waited = waiting_time(delivery->message, delivery->outcome.duration, wall_now_ms());
  events_.on_ended(*delivery);
  parts_.quarantine.gone(*delivery);
  if (delivery->epoch == epoch_) return finish(std::move(delivery));
  strays_.keep(std::move(delivery), parts_.clock.now());
}

// Its on_dead has run.
void Outcomes::heard(DeliveryPointer delivery) {
  events_.on_ended(*delivery);
  const std::string reason = LastWords::heard(*delivery);
  if (!reason.empty()) parts_.journal.unheard(*delivery, reason);
  if (delivery->epoch == epoch_) return settle(std::move(delivery));
  strays_.keep(std::move(delivery), parts_.clock.now());
}

// It has ended, and its connection is there.
void Outcomes::finish(DeliveryPointer delivery) {
  if (delivery->is_dying) return last_words_.put_back(std::move(delivery));
  if (is_to_hear_of_death(*delivery, parts_.policies.back(), judge_))
    return last_words_.await(std::move(delivery));
  settle(std::move(delivery));
}

void Outcomes::settled(const Delivery& delivery, Settlement settlement) {
  if (delivery.epoch == epoch_ && settlement != Settlement::Forget)
    parts_.intake.settled(delivery.queue);
  if (settlement == Settlement::Again || settlement == Settlement::DeadLetter)
    parts_.quarantine.stored(delivery);
  parts_.journal.settled(delivery, settlement);
  events_.on_settled(delivery, settlement);
}

void Outcomes::on_returned(DeliveryPointer delivery) {
  if (!strays_.is_empty()) strays_.forget(*delivery);
  parts_.quarantine.gone(*delivery);
  if (delivery->is_dying) return last_words_.put_back(std::move(delivery));
  parts_.intake.put_back(std::move(delivery));
}

void Outcomes::on_queued(Delivery& delivery, const QueueFrame& frame) {
  Message message;
  message.event = frame.event;
  message.id = frame.id;
  message.body = frame.params;
  message.trace_parent = delivery.trace.context;
  message.trace_state = delivery.message.trace_state;
  message.trail.queued_at_ms = wall_now_ms();
  message.enqueued_at_s = message.trail.queued_at_ms / 1000;
  message.trail.expires_at_ms = expires_at(frame, message.trail.queued_at_ms);
  const auto begin =
      action::due_at(std::chrono::milliseconds(frame.delay_ms), std::chrono::system_clock::now());
  (void)action::make_unique(message, frame.unique, std::chrono::milliseconds(frame.unique_ms),
                            begin)
      .ok();  // the runner has checked the key
  settler_.queue(delivery, {frame.queue.empty() ? parts_.policies.back().of(frame.event).queue
                                                : std::string(frame.queue),
                            std::move(message), std::chrono::milliseconds(frame.delay_ms)});
}

void Outcomes::on_logged(Delivery* delivery, const LogFrame& frame) {
  parts_.journal.wrote(delivery, frame);
}

}  // namespace actiond
