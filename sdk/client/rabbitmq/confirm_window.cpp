#include "client/rabbitmq/confirm_window.hpp"

namespace action {

std::uint64_t ConfirmWindow::add(std::string_view id) {
  pending_.push_back({std::string(id), {}, false});
  return first_ + pending_.size() - 1;
}

void ConfirmWindow::give_back(std::string_view id, const std::string& reason) {
  for (auto& pending : pending_)
    if (pending.id == id && !pending.is_settled) pending.given_back = reason;
}

void ConfirmWindow::settle(std::uint64_t number, bool multiple, bool taken) {
  const std::uint64_t end = first_ + pending_.size();
  const std::uint64_t begin = multiple ? first_ : number;
  const std::uint64_t last = multiple && number == 0 ? end - 1 : number;
  for (std::uint64_t each = begin; each >= first_ && each < end && each <= last; ++each)
    settle_one(pending_[each - first_], each, taken);
  for (; !pending_.empty() && pending_.front().is_settled; ++first_, --settled_in_pending_)
    pending_.pop_front();
}

void ConfirmWindow::settle_one(Pending& pending, std::uint64_t number, bool taken) {
  if (pending.is_settled) return;
  pending.is_settled = true;
  ++settled_in_pending_;
  if (!taken)
    on_settled_(number,
                Error{"the broker did not take the message (basic.nack): its queue is full or "
                      "broken"});
  else if (!pending.given_back.empty())
    on_settled_(number, Error{pending.given_back});
  else
    on_settled_(number, {});
}

}  // namespace action
