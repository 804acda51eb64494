#include "poller/delivery/intake.hpp"

#include "client/event_id.hpp"

namespace actiond {

Intake::Intake(const std::vector<std::string>& queues, DeliveryPool& pool)
    : queues_(queues.size()), states_(queues.size()), pool_(pool) {
  for (QueueIndex i = 0; i < queues.size(); ++i) queues_[i].name = queues[i];
}

void Intake::connected(Broker& broker, std::uint64_t epoch) {
  broker_ = &broker;
  epoch_ = epoch;
}

void Intake::lost() {
  broker_ = nullptr;
  is_open_ = false;
  for (auto& queue : queues_) {
    for (auto& delivery : queue.buffer) delivery->is_settled = true;  // the broker's again
    const std::string_view name = queue.name;
    const bool is_paused = queue.is_paused;
    queue = Queue{};
    queue.name = name;
    queue.is_paused = is_paused;
  }
}

Result<void> Intake::open(int prefetch) {
  is_open_ = true;
  prefetch_ = prefetch;
  for (QueueIndex i = 0; i < queues_.size(); ++i)
    if (!queues_[i].is_paused)
      if (auto consuming = consume(i); !consuming) return consuming;
  return {};
}

Result<void> Intake::consume(QueueIndex index) {
  queues_[index].credit.stopped();  // until the new consumer is in force
  return broker_->consume(index, prefetch_);
}

Result<void> Intake::close() {
  if (!is_open_) return {};
  is_open_ = false;
  for (QueueIndex i = 0; i < queues_.size(); ++i)
    if (!queues_[i].is_paused)
      if (auto cancelled = cancel(i); !cancelled) return cancelled;
  return {};
}

Result<void> Intake::cancel(QueueIndex index) {
  queues_[index].credit.stopped();
  queues_[index].is_probe_stale = queues_[index].is_probing;
  if (auto cancelled = broker_->cancel(index); !cancelled) return cancelled;
  give_back_all(queues_[index]);
  return {};
}

// If that can't be sent the connection is lost, and receive will say so.
bool Intake::pause(QueueIndex index, bool is_paused) {
  Queue& queue = queues_[index];
  if (queue.is_paused == is_paused) return false;
  queue.is_paused = is_paused;
  if (is_open_) (void)(is_paused ? cancel(index) : consume(index)).ok();
  return true;
}

void Intake::delivered(QueueIndex index, std::uint64_t tag, bool is_redelivered, Message& message) {
  DeliveryPointer delivery = pool_.get();
  delivery->is_named_here = message.id.empty();
  if (delivery->is_named_here) message.id = action::new_event_id();
  receive(*delivery, index, tag, message);
  delivery->is_redelivered = is_redelivered;
  if (takes(queues_[index]))
    queues_[index].buffer.push_back(std::move(delivery));
  else
    give_back(std::move(delivery));
}

void Intake::adopted(Delivery& delivery, QueueIndex index, std::uint64_t tag, Message& message) {
  if (delivery.is_named_here) message.id = delivery.message.id;
  receive(delivery, index, tag, message);
  delivery.message.trail.due_at_ms = 0;  // it was not early the first time
}

void Intake::receive(Delivery& delivery, QueueIndex index, std::uint64_t tag, Message& message) {
  Queue& queue = queues_[index];
  swap(delivery.message, message);
  delivery.queue = index;
  delivery.queue_name = queue.name;
  delivery.tag = tag;
  delivery.epoch = epoch_;
  queue.credit.delivered();
  ++queue.unsettled;
}

// What was asked before says nothing of what came ready while no consumer was there to push it.
void Intake::consuming(QueueIndex index, int prefetch) {
  if (!takes(queues_[index])) return;
  queues_[index].credit.consuming(prefetch);
  queues_[index].is_probe_stale = queues_[index].is_probing;
}

void Intake::proven_empty(QueueIndex index) {
  Queue& queue = queues_[index];
  queue.is_probing = false;
  if (!queue.is_probe_stale) queue.credit.proven_empty(queue.unsettled);
  queue.is_probe_stale = false;
}

// One that is paused counts as empty, whatever it holds.
QueueState Intake::Queue::state() const {
  if (is_paused) return {0, true, false};
  return {buffer.size(), credit.is_proven(), is_probing || !credit.is_consuming()};
}

DeliveryPointer Intake::next() {
  for (QueueIndex i = 0; i < queues_.size(); ++i) states_[i] = queues_[i].state();
  const NextStep step = next_step(states_);
  ask(step.probe);
  if (!step.start) return {nullptr, {&pool_}};
  auto& buffer = queues_[*step.start].buffer;
  DeliveryPointer delivery = std::move(buffer.front());
  buffer.pop_front();
  return delivery;
}

// A probe that can't be sent means that the connection is lost; receive will say so.
void Intake::ask(const std::vector<std::size_t>& queues) {
  for (const std::size_t queue : queues) {
    queues_[queue].is_probing = true;
    queues_[queue].is_probe_stale = false;
    (void)broker_->probe(queue).ok();
  }
}

void Intake::probe_all() {
  std::vector<std::size_t> quiet;
  for (QueueIndex i = 0; i < queues_.size(); ++i)
    if (!queues_[i].is_probing && !queues_[i].is_paused) quiet.push_back(i);
  ask(quiet);
}

void Intake::put_back(DeliveryPointer delivery) {
  if (delivery->epoch != epoch_ || broker_ == nullptr) {
    delivery->is_settled = true;
    return;
  }
  if (!takes(queues_[delivery->queue])) return give_back(std::move(delivery));
  auto& buffer = queues_[delivery->queue].buffer;
  buffer.push_front(std::move(delivery));
}

std::optional<QueueIndex> Intake::highest_waiting() const {
  for (QueueIndex i = 0; i < queues_.size(); ++i)
    if (!queues_[i].buffer.empty()) return i;
  return std::nullopt;
}

void Intake::give_back_all(Queue& queue) {
  while (!queue.buffer.empty()) {
    give_back(std::move(queue.buffer.front()));
    queue.buffer.pop_front();
  }
}

// If this can't be sent the connection is lost, and the broker takes the delivery back by itself.
void Intake::give_back(DeliveryPointer delivery) {
  (void)broker_->give_back(delivery->queue, delivery->tag).ok();
  delivery->is_settled = true;
  --queues_[delivery->queue].unsettled;
}

}  // namespace actiond
