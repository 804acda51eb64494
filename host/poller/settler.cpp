#include "poller/settler.hpp"

#include "base/clock.hpp"

namespace actiond {
namespace {

constexpr std::size_t kMostUnconfirmed = 5000;  // then runners wait, and memory stays bounded
constexpr std::size_t kMostKeptBack = 1000;

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
    Delivery& delivery = *unfinished_.begin()->first;
    delivery.outcome.ending = Ending::Lost;
    finish(delivery, Settlement::Forget);
  }
}

void Settler::ended(DeliveryPointer delivery) {
  Delivery& ended = *delivery;
  ended.has_ended = true;
  unfinished_.emplace(&ended, std::move(delivery));
  if (ended.epoch != epoch_ || broker_ == nullptr) return finish(ended, Settlement::Forget);
  if (ended.unconfirmed == 0) settle(ended);
}

void Settler::settle(Delivery& delivery) {
  // An event whose events could not be queued has not done its work.
  if (!delivery.publish_problem.empty() &&
      settlement_for(delivery.outcome.ending) == Settlement::Acknowledge)
    delivery.outcome = {Ending::Failed, delivery.publish_problem, {}, delivery.outcome.duration};
  const Settlement settlement = settlement_for(delivery.outcome.ending);
  switch (settlement) {
    case Settlement::Acknowledge:
      return acknowledge(delivery, settlement);
    case Settlement::DeadLetter:
    case Settlement::Delay:
      return store(delivery, settlement);
    case Settlement::GiveBack:
      (void)broker_->give_back(delivery.queue, delivery.tag).ok();  // lost: receive will say so
      return finish(delivery, settlement);
    case Settlement::Forget:
      return finish(delivery, settlement);
  }
}

void Settler::store(Delivery& delivery, Settlement settlement) {
  if (broker_->is_blocked()) {
    kept_back_.push_back({&delivery, {}, {}});
    return;
  }
  auto number = settlement == Settlement::Delay
                    ? broker_->publish_later(std::string(delivery.queue_name), delivery.message,
                                             delivery.outcome.snooze)
                    : (fill_trail(delivery), broker_->publish_dead(delivery.message));
  if (number) publications_.emplace(*number, Publication{&delivery, true});
}

void Settler::queue(Delivery& delivery, const std::string& queue, Message message) {
  // The broker offers a lost delivery again, and that run will queue again.
  if (delivery.epoch != epoch_ || broker_ == nullptr) return;
  ++delivery.unconfirmed;
  if (broker_->is_blocked())
    kept_back_.push_back({&delivery, queue, std::move(message)});
  else
    publish(delivery, queue, message);
}

void Settler::publish(Delivery& delivery, const std::string& queue, const Message& message) {
  auto number = broker_->publish(queue, message);
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
  if (taken) return acknowledge(delivery, settlement_for(delivery.outcome.ending));
  (void)broker_->give_back(delivery.queue, delivery.tag).ok();
  delivery.outcome.reason += "; it could not be stored either: " + taken.error().text;
  trouble_ = taken.error().within("a failure could not be stored");
  finish(delivery, Settlement::GiveBack);
}

void Settler::acknowledge(Delivery& delivery, Settlement settlement) {
  broker_->acknowledge(delivery.queue, delivery.tag);
  finish(delivery, settlement);
}

void Settler::finish(Delivery& delivery, Settlement settlement) {
  delivery.is_settled = true;
  on_settled_(delivery, settlement);
  unfinished_.erase(&delivery);
}

void Settler::fill_trail(Delivery& delivery) const {
  auto& trail = delivery.message.trail;
  const auto now = wall_now_ms();
  if (trail.first_failed_at_ms == 0) trail.first_failed_at_ms = now;
  trail.failed_at_ms = now;
  trail.error = delivery.outcome.reason;
  if (trail.queue.empty()) trail.queue = delivery.queue_name;
  trail.poller = poller_;
}

void Settler::resume() {
  while (broker_ != nullptr && !broker_->is_blocked() && !kept_back_.empty()) {
    KeptBack kept = std::move(kept_back_.front());
    kept_back_.pop_front();
    if (kept.queue.empty())
      store(*kept.delivery, settlement_for(kept.delivery->outcome.ending));
    else
      publish(*kept.delivery, kept.queue, kept.message);
  }
}

bool Settler::is_congested() const {
  return publications_.size() > kMostUnconfirmed || kept_back_.size() > kMostKeptBack;
}

}  // namespace actiond
