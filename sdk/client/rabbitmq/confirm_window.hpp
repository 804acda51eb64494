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

  explicit ConfirmWindow(OnSettled on_settled) : on_settled_(std::move(on_settled)) {}

  // Returns the publication's number: 1, 2, …
  std::uint64_t add(std::string_view id);

  // The broker gave the message of this id back: its ack will only mean that it is done with it.
  // Where several unsettled ones share the id, all count as given back: sending one of them again
  // is harmless, taking the wrong one for stored is not.
  void give_back(std::string_view id, const std::string& reason);

  // An ack (taken) or a nack for `number`, with `multiple` for all before it as well; 0 with
  // `multiple` is all there are. Ignores numbers that are settled or were never given.
  void settle(std::uint64_t number, bool multiple, bool taken);

  std::size_t unconfirmed() const { return pending_.size() - settled_in_pending_; }

 private:
  struct Pending {
    std::string id;
    std::string given_back;  // why the broker gave it back; empty: it did not
    bool is_settled = false;
  };

  void settle_one(Pending& pending, std::uint64_t number, bool taken);

  OnSettled on_settled_;
  std::deque<Pending> pending_;         // publications first_..; settled ones leave from the front
  std::uint64_t first_ = 1;             // the number of pending_.front()
  std::size_t settled_in_pending_ = 0;  // of those that wait behind an unsettled one
};

}  // namespace action
