// Sends a client's events and holds each until the broker has confirmed it, so that it can be sent
// again, with the same id, over the next link when one is lost.
//
// One thread. All calls block for at most `timeout` without progress.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/delay_trip.hpp"
#include "client/link.hpp"
#include "client/message.hpp"

namespace action {

struct Outgoing {
  std::string queue;
  Message message;
  DueTime due_at{};         // in the past: now
  bool is_awaited = false;  // by queue(), which tells of its failure itself
  // When a broker that does not take it now is believed; none: it has not said so yet. In a cluster
  // that has just lost a node that is over in a moment.
  std::optional<std::chrono::steady_clock::time_point> believed_at{};
  int undecided = 0;  // so often nobody knew what became of it, for another one was refused
};

// Events that are not known to be queued, and why one of them is not.
struct Loss {
  std::string why;
  std::vector<std::string> ids;
  bool is_lasting = false;  // of all: none of them is queued, nor would it be another time
};

// One that was posted and is not queued, because another has its unique key.
struct Unneeded {
  std::string id;
  Error why;  // Fault::Duplicate
};

class Sender {
 public:
  // A window of unconfirmed events; the wait without progress after which a call fails.
  Sender(Link::Target target, std::size_t window, std::chrono::milliseconds timeout);
  // Waits for what is unconfirmed.
  ~Sender();
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  // Returns once the event is sent. Fails if this one can't be sent.
  Result<void> post(Outgoing event);
  // Returns once the event is confirmed. Fails if this one was not taken, or nobody knows.
  Result<void> queue(Outgoing event);
  // Returns once all are confirmed; what was not since the last flush is forgotten.
  std::optional<Loss> flush();

  // Of those that were posted, since the last call.
  std::vector<Unneeded> take_unneeded() { return std::exchange(unneeded_, {}); }

  std::size_t unconfirmed() const { return events_.size() + refused_.size(); }

 private:
  using Clock = std::chrono::steady_clock;
  struct Failed {
    std::string id;
    Error why;
  };

  void begin();
  void leave_to_parent();
  Result<void> make_room();
  bool is_reading_due() const;
  Result<void> send(Outgoing event);
  Result<std::uint64_t> publish(const Outgoing& event);
  Result<void> await(const std::function<bool()>& is_done);
  Result<void> read(std::chrono::milliseconds timeout);
  Error no_progress();
  Result<void> connect(std::chrono::milliseconds timeout);
  Result<void> reconnect(const Error& why);
  Result<void> send_again();
  Result<void> send_refused();
  bool is_believed(Outgoing& event) const;
  bool is_to_be_sent_again(Outgoing& event, const Error& why) const;
  void settle(std::uint64_t number, const Result<void>& taken);
  Loss take_loss(const Result<void>& read);

  Link::Target target_;
  std::size_t window_;
  std::chrono::milliseconds timeout_;
  pid_t owner_;

  std::unique_ptr<Link> link_;
  std::map<std::uint64_t, Outgoing> events_;  // unconfirmed, by their numbers on this link
  std::vector<Outgoing> refused_;             // to be sent again in a moment
  Clock::time_point refused_at_;              // the last of them
  std::vector<Unneeded> unneeded_;
  std::vector<Failed> failed_;           // posted and not taken, since the last flush
  std::optional<Result<void>> verdict_;  // of the awaited event

  std::uint64_t settled_ = 0;  // all that the broker ever answered for: tells progress
  std::optional<std::uint64_t> reconnected_at_;  // settled_ when this call last reconnected
  Clock::time_point read_at_;
  std::size_t unread_bytes_ = 0;  // sent since then
};

}  // namespace action
