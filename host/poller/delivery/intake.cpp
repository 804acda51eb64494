#include "poller/delivery/intake.hpp"

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
    queue = Queue{};
    queue.name = name;
  }
}

Result<void> Intake::open(int prefetch) {
  is_open_ = true;
  prefetch_ = prefetch;
  for (QueueIndex i = 0; i < queues_.size(); ++i) {
    queues_[i].credit.stopped();  // until the new consumer is in force
    if (auto consuming = broker_->consume(i, prefetch); !consuming) return consuming;
  }
  return {};
}

Result<void> Intake::close() {
  if (!is_open_) return {};
  is_open_ = false;
  for (QueueIndex i = 0; i < queues_.size(); ++i) {
    queues_[i].credit.stopped();
    queues_[i].is_probe_stale = queues_[i].is_probing;
    if (auto cancelled = broker_->cancel(i); !cancelled) return cancelled;
    give_back_all(queues_[i]);
  }
  return {};
}

void Intake::delivered(QueueIndex index, std::uint64_t tag, bool is_redelivered, Message& message) {
  DeliveryPointer delivery = pool_.get();
  receive(*delivery, index, tag, message);
  delivery->is_redelivered = is_redelivered;
  if (is_open_)
    queues_[index].buffer.push_back(std::move(delivery));
  else
    give_back(std::move(delivery));
}

void Intake::adopted(Delivery& delivery, QueueIndex index, std::uint64_t tag, Message& message) {
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
  if (!is_open_) return;
  queues_[index].credit.consuming(prefetch);
  queues_[index].is_probe_stale = queues_[index].is_probing;
}

void Intake::proven_empty(QueueIndex index) {
  Queue& queue = queues_[index];
  queue.is_probing = false;
  if (!queue.is_probe_stale) queue.credit.proven_empty(queue.unsettled);
  queue.is_probe_stale = false;
}

DeliveryPointer Intake::next() {
  for (QueueIndex i = 0; i < queues_.size(); ++i)
    states_[i] = {queues_[i].buffer.size(), queues_[i].credit.is_proven(),
                  queues_[i].is_probing || !queues_[i].credit.is_consuming()};
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
    if (!queues_[i].is_probing) quiet.push_back(i);
  ask(quiet);
}

void Intake::put_back(DeliveryPointer delivery) {
  if (delivery->epoch != epoch_ || broker_ == nullptr) {
    delivery->is_settled = true;
    return;
  }
  if (!is_open_) return give_back(std::move(delivery));
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
