#include "poller/delivery/settler.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.hpp"
#include "poller/delivery/retry.hpp"
#include "poller/delivery/trail_writing.hpp"

namespace actiond {
namespace {

constexpr std::size_t kMostUnconfirmed = 5000;  // then runners wait, and memory stays bounded
constexpr std::size_t kMostKeptBack = 1000;
constexpr std::size_t kMostBytes = 64 << 20;          // of what handlers queued
constexpr auto kFirstWait = std::chrono::seconds(1);  // before a refused copy is tried again
constexpr auto kLongestWait = std::chrono::seconds(60);
constexpr int kMostDoublings = 10;
// What a handler queues, and the broker does not take for the moment, is sent again for 10 s. In a
// cluster that has just lost a node that moment is over by then.
constexpr auto kMoment = std::chrono::milliseconds(200);
constexpr int kMostMoments = 50;
constexpr int kMostMissing = 10;  // moments for a queue to be made anew
constexpr std::size_t kCutBody = 65536;
constexpr char kTooMuchUnsent[] =
    "it queued more than 5000 events before the broker, which had been away, offered it again";

Handled handled_by(Settlement settlement) {
  if (settlement == Settlement::Acknowledge) return Handled::Done;
  const bool is_postponed = settlement == Settlement::Delay || settlement == Settlement::Again;
  return is_postponed ? Handled::Postponed : Handled::Failed;
}

Result<std::uint64_t> send_copy(Broker& broker, const Delivery& delivery) {
  const std::string queue(delivery.queue_name);
  switch (delivery.verdict.settlement) {
    case Settlement::DeadLetter:
      return broker.publish_dead(delivery.message);
    case Settlement::Again:
      return broker.publish(queue, delivery.message);
    default:
      return broker.publish_later(queue, delivery.message, delivery.verdict.delay);
  }
}

// What a handler queued was refused so often before.
bool is_to_be_sent_again(Fault fault, int refusals) {
  if (fault == Fault::NotNow) return refusals < kMostMoments;
  return fault == Fault::Missing && refusals < kMostMissing;
}

}  // namespace

void Settler::connected(Broker& broker, std::uint64_t epoch) {
  broker_ = &broker;
  epoch_ = epoch;
  unsent_ = 0;
}

std::vector<DeliveryPointer> Settler::lost() {
  broker_ = nullptr;
  keep_unsent();
  stuck_.clear();
  refused_ = 0;
  problem_.clear();
  // Whether the copy was stored is not known: the trail is that of the original again.
  for (const auto& delivery : unfinished_) {
    if (delivery->verdict.settlement == Settlement::Retry) --delivery->message.trail.attempt;
    delivery->storing.refusals = 0;
    if (!std::exchange(delivery->storing.is_cut, false)) continue;
    delivery->message.body.swap(delivery->storing.whole_body);  // so it is offered again
    delivery->outcome.reason.swap(delivery->storing.whole_reason);
  }
  return std::exchange(unfinished_, {});
}

// In the order in which it was queued.
void Settler::keep_unsent() {
  std::vector<std::pair<std::uint64_t, Publication>> sent;
  for (auto& [number, publication] : publications_)
    sent.emplace_back(number, std::move(publication));
  std::sort(sent.begin(), sent.end(),
            [](const auto& one, const auto& other) { return one.first < other.first; });
  const auto keep = [](Publication& publication) {
    publication.delivery->storing.unconfirmed = 0;
    if (!publication.event.queue.empty())
      publication.delivery->storing.unsent.push_back(std::move(publication.event));
  };
  for (auto& [number, publication] : sent) keep(publication);
  for (auto& postponed : postponed_) keep(postponed.publication);
  for (auto& publication : kept_back_) keep(publication);
  publications_.clear();
  postponed_.clear();
  kept_back_.clear();
  bytes_ = 0;
}

void Settler::ended(DeliveryPointer delivery) {
  Delivery& ended = *delivery;
  ended.has_ended = true;
  ended.storing.unfinished_index = unfinished_.size();
  unfinished_.push_back(std::move(delivery));
  if (ended.storing.unconfirmed == 0) settle(ended);
}

void Settler::settle(Delivery& delivery) {
  // An event whose events could not be queued has not done its work.
  const bool is_success =
      delivery.outcome.ending == Ending::Done || delivery.outcome.ending == Ending::Halted;
  if (!delivery.storing.publish_problem.empty() && is_success)
    delivery.outcome = {
        Ending::Failed, delivery.storing.publish_problem, {}, delivery.outcome.duration};
  delivery.verdict = judge_(delivery, wall_now_ms());
  switch (delivery.verdict.settlement) {
    case Settlement::Acknowledge:
      return acknowledge(delivery, Settlement::Acknowledge);
    case Settlement::Retry:
    case Settlement::Delay:
    case Settlement::Again:
    case Settlement::DeadLetter:
      write_trail(delivery, poller_, wall_now_ms());
      return store(delivery);
    case Settlement::GiveBack:
      (void)broker_->give_back(delivery.queue, delivery.tag).ok();  // lost: receive will say so
      return finish(delivery, Settlement::GiveBack);
    case Settlement::Forget:
      return finish(delivery, Settlement::Forget);
  }
}

void Settler::store(Delivery& delivery) {
  if (broker_->is_blocked()) {
    kept_back_.push_back({&delivery, {}});
    return;
  }
  auto number = send_copy(*broker_, delivery);
  if (!number) return refused(delivery, number.error());
  publications_.emplace(*number, Publication{&delivery, {}});
}

void Settler::queue(Delivery& delivery, QueuedEvent event) {
  if (delivery.epoch == epoch_ && broker_ != nullptr) {
    ++delivery.storing.unconfirmed;
    bytes_ += event.message.body.size();
    return publish({&delivery, std::move(event)});
  }
  ++unsent_;
  if (delivery.storing.unsent.size() < kMostUnconfirmed)
    delivery.storing.unsent.push_back(std::move(event));
  else
    delivery.storing.publish_problem = kTooMuchUnsent;
}

void Settler::send_unsent(Delivery& delivery) {
  for (auto& event : std::exchange(delivery.storing.unsent, {})) queue(delivery, std::move(event));
}

void Settler::publish(Publication publication) {
  if (broker_->is_blocked()) {
    kept_back_.push_back(std::move(publication));
    return;
  }
  const auto& [queue, message, delay] = publication.event;
  auto number = delay.count() > 0 ? broker_->publish_later(queue, message, delay)
                                  : broker_->publish(queue, message);
  if (number)
    publications_.emplace(*number, std::move(publication));
  else
    confirmed_queued(std::move(publication), number.error());
}

void Settler::published(std::uint64_t number, const Result<void>& taken) {
  const auto found = publications_.find(number);
  if (found == publications_.end()) return;
  Publication publication = std::move(found->second);
  publications_.erase(found);
  if (publication.event.queue.empty())
    confirmed_settlement(*publication.delivery, taken);
  else
    confirmed_queued(std::move(publication), taken);
}

// Sent again with its id, one that was taken nevertheless is there twice: at least once.
void Settler::confirmed_queued(Publication publication, const Result<void>& taken) {
  if (!taken && taken.error().fault == Fault::Undecided) return publish(std::move(publication));
  if (!taken && is_to_be_sent_again(taken.error().fault, publication.refusals)) {
    is_missing_ |= taken.error().fault == Fault::Missing;
    ++publication.refusals;
    postponed_.push_back({std::move(publication), now_ + kMoment});
    return;
  }
  if (!taken && taken.error().fault == Fault::Lost)  // lost() comes, and keeps it
    return void(postponed_.push_back({std::move(publication), now_ + kMoment}));
  Delivery& delivery = *publication.delivery;
  bytes_ -= publication.event.message.body.size();
  if (!taken)
    delivery.storing.publish_problem = "what it queued was not taken: " + taken.error().text;
  if (--delivery.storing.unconfirmed == 0 && delivery.has_ended) settle(delivery);
}

void Settler::confirmed_settlement(Delivery& delivery, const Result<void>& taken) {
  if (taken) return acknowledge(delivery, delivery.verdict.settlement);
  if (taken.error().fault == Fault::Undecided) return store(delivery);
  refused(delivery, taken.error());
}

// The run is not repeated, for its outcome is known; only storing it is.
void Settler::refused(Delivery& delivery, const Error& why) {
  if (why.fault == Fault::Lasting && !delivery.storing.is_cut) return cut(delivery, why);
  if (why.fault == Fault::Missing) is_missing_ = true;
  if (delivery.storing.refusals == 0) ++refused_;
  const auto doubled = kFirstWait * (1 << std::min(delivery.storing.refusals++, kMostDoublings));
  const auto wait = std::min<std::chrono::seconds>(doubled, kLongestWait);
  stuck_.push_back({&delivery, now_ + wait});
  if (why.fault == Fault::Lost) return;  // lost() comes
  problem_ = fmt::format("what became of {} {} can't be stored: {}", delivery.message.event,
                         delivery.message.id, why.text);
}

void Settler::cut(Delivery& delivery, const Error& why) {
  delivery.storing.is_cut = true;
  auto& message = delivery.message;
  delivery.storing.whole_body = message.body;
  delivery.storing.whole_reason = delivery.outcome.reason;
  delivery.outcome.reason +=
      fmt::format("; it can't be stored again as it is, so its body of {} bytes was cut to {}: {}",
                  message.body.size(), std::min(message.body.size(), kCutBody), why.text);
  if (delivery.verdict.settlement == Settlement::Retry) --message.trail.attempt;
  delivery.verdict.settlement = Settlement::DeadLetter;
  message.body.resize(std::min(message.body.size(), kCutBody));
  write_trail(delivery, poller_, wall_now_ms());
  store(delivery);
}

void Settler::acknowledge(Delivery& delivery, Settlement settlement) {
  if (delivery.storing.refusals > 0 && --refused_ == 0) problem_.clear();
  broker_->acknowledge(delivery.queue, delivery.tag, handled_by(settlement));
  // The copy may end this poller as soon as it comes: the original must not be there as well.
  if (settlement == Settlement::Again) (void)broker_->flush().ok();  // lost: receive will say so
  finish(delivery, settlement);
}

void Settler::finish(Delivery& delivery, Settlement settlement) {
  delivery.is_settled = true;
  on_settled_(delivery, settlement);
  const std::size_t index = delivery.storing.unfinished_index;
  if (index + 1 < unfinished_.size()) {
    std::swap(unfinished_[index], unfinished_.back());
    unfinished_[index]->storing.unfinished_index = index;
  }
  unfinished_.pop_back();
}

void Settler::resume(MonotonicTime now) {
  now_ = now;
  while (broker_ != nullptr && !broker_->is_blocked() && !kept_back_.empty()) {
    Publication kept = std::move(kept_back_.front());
    kept_back_.pop_front();
    if (kept.event.queue.empty())
      store(*kept.delivery);
    else
      publish(std::move(kept));
  }
  const auto due = std::stable_partition(stuck_.begin(), stuck_.end(),
                                         [now](const Stuck& each) { return each.due > now; });
  const std::vector<Stuck> again(due, stuck_.end());
  stuck_.erase(due, stuck_.end());
  for (const auto& each : again) store(*each.delivery);
  send_postponed();
}

void Settler::send_postponed() {
  while (!postponed_.empty() && postponed_.front().due <= now_) {
    Publication publication = std::move(postponed_.front().publication);
    postponed_.pop_front();
    publish(std::move(publication));
  }
}

std::optional<MonotonicTime> Settler::next_try() const {
  std::optional<MonotonicTime> next;
  if (!postponed_.empty()) next = postponed_.front().due;
  for (const auto& each : stuck_)
    if (!next || each.due < *next) next = each.due;
  return next;
}

std::size_t Settler::held_up() const {
  return broker_ != nullptr && broker_->is_in_alarm() ? unfinished_.size() : refused_;
}

bool Settler::is_congested() const {
  return publications_.size() + postponed_.size() > kMostUnconfirmed ||
         kept_back_.size() > kMostKeptBack || bytes_ > kMostBytes ||
         (broker_ == nullptr && unsent_ > kMostKeptBack);
}

}  // namespace actiond
