// Ends deliveries: waits until all that a handler queued is confirmed, publishes a dead letter or a
// delayed copy where one is due, awaits its confirm, and only then acknowledges. A copy that the
// broker refuses is tried again, for the outcome is known; what it will never take becomes a dead
// letter with its body cut. Whatever stops half-way leaves the message with the broker.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "broker/broker.hpp"
#include "poller/delivery/delivery.hpp"
#include "poller/delivery/settlement.hpp"

namespace actiond {

class Settler {
 public:
  // Told when a delivery has been settled, just before it goes: how it ended is in its outcome.
  using OnSettled = std::function<void(const Delivery& delivery, Settlement settlement)>;
  // Says what is to become of a delivery that has ended at `now_ms`.
  using OnJudge = std::function<Verdict(const Delivery& delivery, std::int64_t now_ms)>;

  // `poller` names this one in what it writes into events that failed.
  Settler(std::string poller, OnJudge judge, OnSettled on_settled)
      : poller_(std::move(poller)), judge_(std::move(judge)), on_settled_(std::move(on_settled)) {}

  // As Outcomes::connected.
  void connected(Broker& broker, std::uint64_t epoch);
  // Forgets every tag. What had ended and was not settled is the caller's; what was queued and not
  // confirmed is with the delivery that queued it.
  [[nodiscard]] std::vector<DeliveryPointer> lost();

  // The run of this delivery has ended. Settles it now or once its publications are confirmed.
  void ended(DeliveryPointer delivery);
  // The handler in hand queues an event. Kept with the delivery while its connection is gone.
  void queue(Delivery& delivery, QueuedEvent event);
  // The delivery belongs to the connection again: sends what it queued meanwhile.
  void send_unsent(Delivery& delivery);
  // From the broker.
  void published(std::uint64_t number, const Result<void>& taken);

  // Sends what was kept back while the broker was blocked, and what it refused some time ago. Call
  // it after every receive, and at next_try().
  void resume(MonotonicTime now);
  // When something that was refused is to be tried again.
  std::optional<MonotonicTime> next_try() const;

  // Something could not be stored because a queue or an exchange for it is missing: to be made
  // anew. Told once.
  bool take_missing() { return std::exchange(is_missing_, false); }

  // Deliveries whose copy the broker refuses; those that are just tried again, too.
  std::size_t stuck() const { return refused_; }
  // Why the last of them is; empty if none is.
  const std::string& problem() const { return problem_; }

  // How many have ended and are not settled before something changes: the stuck ones, or all while
  // the broker is in alarm.
  std::size_t held_up() const;
  // Deliveries that have ended and are not settled yet.
  std::size_t unfinished() const { return unfinished_.size(); }
  // So much waits to be published that runners should be left unread.
  bool is_congested() const;

 private:
  struct Publication {
    Delivery* delivery;
    QueuedEvent event;  // its queue is empty: the settlement of the delivery itself
    int refusals = 0;   // for the moment
  };
  struct Stuck {
    Delivery* delivery;
    MonotonicTime due;
  };
  struct Postponed {
    Publication publication;
    MonotonicTime due;
  };
  void settle(Delivery& delivery);
  void store(Delivery& delivery);
  void publish(Publication publication);
  void keep_unsent();
  void acknowledge(Delivery& delivery, Settlement settlement);
  void finish(Delivery& delivery, Settlement settlement);
  void confirmed_queued(Publication publication, const Result<void>& taken);
  void send_postponed();
  void confirmed_settlement(Delivery& delivery, const Result<void>& taken);
  void refused(Delivery& delivery, const Error& why);
  void cut(Delivery& delivery, const Error& why);

  std::string poller_;
  OnJudge judge_;
  OnSettled on_settled_;
  Broker* broker_ = nullptr;
  std::uint64_t epoch_ = 0;
  MonotonicTime now_{};
  std::unordered_map<std::uint64_t, Publication> publications_;
  std::vector<DeliveryPointer> unfinished_;  // each knows its index
  std::deque<Publication> kept_back_;
  std::size_t bytes_ = 0;   // of the bodies of what was queued and is not confirmed
  std::size_t unsent_ = 0;  // queued since the connection was lost
  std::vector<Stuck> stuck_;
  std::size_t refused_ = 0;          // unfinished ones with a refusal
  std::deque<Postponed> postponed_;  // the first is due first
  std::string problem_;
  bool is_missing_ = false;
};

}  // namespace actiond
