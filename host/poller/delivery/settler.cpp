#include "poller/delivery/settler.hpp"

#include "base/clock.hpp"

namespace actiond {
namespace {

constexpr std::size_t kMostUnconfirmed = 5000;  // then runners wait, and memory stays bounded
constexpr std::size_t kMostKeptBack = 1000;

Handled handled_by(Settlement settlement) {
  if (settlement == Settlement::Acknowledge) return Handled::Done;
  return settlement == Settlement::Delay ? Handled::Postponed : Handled::Failed;
}

}  // namespace

void Settler::connected(Broker& broker, std::uint64_t epoch) {
  broker_ = &broker;
  epoch_ = epoch;
}

void Settler::lost() {
  broker_ = nullptr;
  publications_.clear();
  kept_back_.clear();
  while (!unfinished_.empty()) {
    Delivery& delivery = *unfinished_.back();
    delivery.outcome.ending = Ending::Lost;
    finish(delivery, Settlement::Forget);
  }
}

void Settler::ended(DeliveryPointer delivery) {
  Delivery& ended = *delivery;
  ended.has_ended = true;
  ended.unfinished_index = unfinished_.size();
  unfinished_.push_back(std::move(delivery));
  if (ended.epoch != epoch_ || broker_ == nullptr) return finish(ended, Settlement::Forget);
  if (ended.unconfirmed == 0) settle(ended);
}

void Settler::settle(Delivery& delivery) {
  // An event whose events could not be queued has not done its work.
  const bool is_success =
      delivery.outcome.ending == Ending::Done || delivery.outcome.ending == Ending::Halted;
  if (!delivery.publish_problem.empty() && is_success)
    delivery.outcome = {Ending::Failed, delivery.publish_problem, {}, delivery.outcome.duration};
  delivery.verdict = judge_(delivery, wall_now_ms());
  switch (delivery.verdict.settlement) {
    case Settlement::Acknowledge:
      return acknowledge(delivery, Settlement::Acknowledge);
    case Settlement::Retry:
    case Settlement::Delay:
    case Settlement::DeadLetter:
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
    kept_back_.push_back({&delivery, {}, {}, {}});
    return;
  }
  write_trail(delivery);
  auto number = delivery.verdict.settlement == Settlement::DeadLetter
                    ? broker_->publish_dead(delivery.message)
                    : broker_->publish_later(std::string(delivery.queue_name), delivery.message,
                                             delivery.verdict.delay);
  if (number) publications_.emplace(*number, Publication{&delivery, true});
}

void Settler::queue(Delivery& delivery, const std::string& queue, Message message,
                    std::chrono::milliseconds delay) {
  // The broker offers a lost delivery again, and that run will queue again.
  if (delivery.epoch != epoch_ || broker_ == nullptr) return;
  ++delivery.unconfirmed;
  if (broker_->is_blocked())
    kept_back_.push_back({&delivery, queue, std::move(message), delay});
  else
    publish(delivery, queue, message, delay);
}

void Settler::publish(Delivery& delivery, const std::string& queue, const Message& message,
                      std::chrono::milliseconds delay) {
  auto number = delay.count() > 0 ? broker_->publish_later(queue, message, delay)
                                  : broker_->publish(queue, message);
  if (number) publications_.emplace(*number, Publication{&delivery, false});
}

void Settler::published(std::uint64_t number, const Result<void>& taken) {
  const auto found = publications_.find(number);
  if (found == publications_.end()) return;
  const Publication publication = found->second;
  publications_.erase(found);
  if (publication.is_settlement)
    confirmed_settlement(*publication.delivery, taken);
  else
    confirmed_queued(*publication.delivery, taken);
}

void Settler::confirmed_queued(Delivery& delivery, const Result<void>& taken) {
  if (!taken) delivery.publish_problem = "what it queued was not taken: " + taken.error().text;
  if (--delivery.unconfirmed == 0 && delivery.has_ended) settle(delivery);
}

// A copy that was not taken leaves the original as the only one: back to the broker with it.
void Settler::confirmed_settlement(Delivery& delivery, const Result<void>& taken) {
  if (taken) return acknowledge(delivery, delivery.verdict.settlement);
  (void)broker_->give_back(delivery.queue, delivery.tag).ok();
  delivery.outcome.reason += "; it could not be stored either: " + taken.error().text;
  trouble_ = taken.error().within("a failure could not be stored");
  finish(delivery, Settlement::GiveBack);
}

void Settler::acknowledge(Delivery& delivery, Settlement settlement) {
  broker_->acknowledge(delivery.queue, delivery.tag, handled_by(settlement));
  finish(delivery, settlement);
}

void Settler::finish(Delivery& delivery, Settlement settlement) {
  delivery.is_settled = true;
  on_settled_(delivery, settlement);
  const std::size_t index = delivery.unfinished_index;
  if (index + 1 < unfinished_.size()) {
    std::swap(unfinished_[index], unfinished_.back());
    unfinished_[index]->unfinished_index = index;
  }
  unfinished_.pop_back();
}

// What the copy that is stored tells whoever runs it next, or looks at it among the dead letters.
void Settler::write_trail(Delivery& delivery) const {
  auto& trail = delivery.message.trail;
  const auto now_ms = wall_now_ms();
  trail.delayed_until_ms = 0;
  const bool is_unknown = delivery.outcome.ending == Ending::Unknown;
  if (!is_unknown) trail.unknown_since_ms = 0;
  if (is_unknown && trail.unknown_since_ms == 0) trail.unknown_since_ms = now_ms;
  if (trail.queue.empty()) trail.queue = delivery.queue_name;
  if (delivery.verdict.settlement != Settlement::Delay) write_failure(delivery, now_ms);
  if (delivery.verdict.settlement == Settlement::Retry) ++trail.attempt;
}

void Settler::write_failure(Delivery& delivery, std::int64_t now_ms) const {
  auto& trail = delivery.message.trail;
  if (trail.first_failed_at_ms == 0) trail.first_failed_at_ms = now_ms;
  trail.failed_at_ms = now_ms;
  trail.error = delivery.outcome.reason;
  trail.backtrace = delivery.outcome.backtrace;
  trail.poller = poller_;
  trail.plugin = delivery.plugin;
}

void Settler::resume() {
  while (broker_ != nullptr && !broker_->is_blocked() && !kept_back_.empty()) {
    KeptBack kept = std::move(kept_back_.front());
    kept_back_.pop_front();
    if (kept.queue.empty())
      store(*kept.delivery);
    else
      publish(*kept.delivery, kept.queue, kept.message, kept.delay);
  }
}

bool Settler::is_congested() const {
  return publications_.size() > kMostUnconfirmed || kept_back_.size() > kMostKeptBack;
}

}  // namespace actiond
