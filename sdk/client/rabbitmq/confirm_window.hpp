// Which publications of one channel the broker has still to answer for. Pure bookkeeping: acks
// come out of order, one may stand for many, and what comes back unroutable is acked as well.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "client/result.hpp"

namespace action {

class ConfirmWindow {
 public:
  // Told of each publication once, in no order: its number, and why it was not taken, if so. May
  // add further publications, but not settle any.
  using OnSettled = std::function<void(std::uint64_t number, const Result<void>& taken)>;

  // `first` is the number of its first publication.
  explicit ConfirmWindow(OnSettled on_settled, std::uint64_t first = 1)
      : on_settled_(std::move(on_settled)), first_(first), before_channel_(first - 1) {}

  // What a publication is known by when the broker refuses one and does not say which.
  struct Kind {
    std::string_view exchange;
    std::size_t bytes = 0;  // of its body
  };

  // Returns the publication's number: the first one, and so on.
  std::uint64_t add(std::string_view id, Kind kind);
  std::uint64_t add(std::string_view id) { return add(id, Kind()); }

  // The broker gave the message of this id back: its ack will only mean that it is done with it.
  // Where several unsettled ones share the id, all count as given back: sending one of them again
  // is harmless, taking the wrong one for stored is not.
  void give_back(std::string_view id, const std::string& reason);

  // An ack (taken) or a nack for `tag`, which counts 1, 2, … on each channel, with `multiple` for
  // all before it as well; 0 with `multiple` is all there are. Ignores numbers that are settled or
  // were never given.
  void settle(std::uint64_t tag, bool multiple, bool taken);

  // The broker has closed the channel over one of them: none of those that are unsettled is
  // answered for any more, and the next one is the first of a channel opened anew. `reason` is the
  // broker's, as in "ACCESS_REFUSED - access to exchange 'x' in vhost '/' refused for user 'u'".
  // Those that it can be about fail with `error`, all others are undecided. Lasting is what is too
  // large.
  void closed(std::string_view reason, const std::string& error);

  std::size_t unconfirmed() const { return pending_.size() - settled_in_pending_; }
  // The number of the publication that is added next.
  std::uint64_t next() const { return first_ + pending_.size(); }

 private:
  struct Pending {
    std::string id;
    std::string given_back;  // why the broker gave it back; empty: it did not
    std::size_t exchange;    // the hash of its name
    std::size_t bytes;
    bool is_settled = false;
  };

  static bool is_about(const Pending& pending, std::string_view reason);
  void settle_one(Pending& pending, std::uint64_t number, bool taken);

  OnSettled on_settled_;
  std::deque<Pending> pending_;         // publications first_..; settled ones leave from the front
  std::uint64_t first_;                 // the number of pending_.front()
  std::uint64_t before_channel_;        // the last number before the channel was opened (anew)
  std::size_t settled_in_pending_ = 0;  // of those that wait behind an unsettled one
};

}  // namespace action
