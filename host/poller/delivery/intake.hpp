// What the broker has delivered and no runner has begun: a buffer per queue, the credit of its
// consumer, and the word on what may start next.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/ring.hpp"
#include "broker/broker.hpp"
#include "poller/delivery/delivery.hpp"
#include "poller/delivery/pace.hpp"
#include "poller/delivery/priority.hpp"

namespace actiond {

class Intake {
 public:
  // `queues`, highest first, and the pool must outlive it.
  Intake(const std::vector<std::string>& queues, DeliveryPool& pool);

  // A connection is there (nothing is consumed yet), or lost: then all that waits is forgotten.
  void connected(Broker& broker, std::uint64_t epoch);
  void lost();

  // Consumes from every queue, in place of consumers with another prefetch. What waits stays.
  Result<void> open(int prefetch);
  // Consumes no more and gives back what waits, so that others can have it. What is still on its
  // way is given back when it comes.
  Result<void> close();
  bool is_open() const { return is_open_; }
  // Nothing of this queue is consumed or starts any more, and what waits is given back, so it keeps
  // nobody waiting; or it is as the others again. Survives the connection. False: so it was
  // already.
  bool pause(QueueIndex queue, bool is_paused);
  int prefetch() const { return prefetch_; }

  // From the broker. A delivery that comes while closed is given back.
  void delivered(QueueIndex queue, std::uint64_t tag, bool is_redelivered, Message& message);
  // It is a copy of this one, which is in hand already, and lives on by its tag.
  void adopted(Delivery& delivery, QueueIndex queue, std::uint64_t tag, Message& message);
  void consuming(QueueIndex queue, int prefetch);
  void proven_empty(QueueIndex queue);
  void probe_delivered(QueueIndex queue) { queues_[queue].is_probing = false; }

  // Asks the broker about every queue, whatever its consumer has said.
  void probe_all();

  // The delivery that a free runner is to have now. None: nothing waits, or something higher may
  // be there and has just been asked for.
  DeliveryPointer next();
  // Back to the head of its queue, from a runner that had not begun it.
  void put_back(DeliveryPointer delivery);
  // A delivery of this queue was settled.
  void settled(QueueIndex queue) { --queues_[queue].unsettled; }

  // The highest queue that has something waiting; nothing if none has.
  std::optional<QueueIndex> highest_waiting() const;

 private:
  struct Queue {
    std::string_view name;
    Ring<DeliveryPointer> buffer;
    Credit credit;
    std::size_t unsettled = 0;
    bool is_probing = false;
    bool is_probe_stale = false;  // the consumer was made anew after the question
    bool is_paused = false;

    QueueState state() const;
  };
  bool takes(const Queue& queue) const { return is_open_ && !queue.is_paused; }
  Result<void> consume(QueueIndex queue);
  Result<void> cancel(QueueIndex queue);
  void receive(Delivery& delivery, QueueIndex queue, std::uint64_t tag, Message& message);
  void give_back_all(Queue& queue);
  void give_back(DeliveryPointer delivery);
  void ask(const std::vector<std::size_t>& queues);

  std::vector<Queue> queues_;
  std::vector<QueueState> states_;
  DeliveryPool& pool_;
  Broker* broker_ = nullptr;
  std::uint64_t epoch_ = 0;
  bool is_open_ = false;
  int prefetch_ = 0;
};

}  // namespace actiond
