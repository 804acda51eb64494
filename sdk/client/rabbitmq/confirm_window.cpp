#include "client/rabbitmq/confirm_window.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace action {
namespace {

std::size_t hash_of(std::string_view exchange) {
  return std::hash<std::string_view>()(exchange);
}

// What follows `mark`, up to `end`.
std::string_view between(std::string_view text, std::string_view mark, char end) {
  const auto found = text.find(mark);
  if (found == std::string_view::npos) return {};
  text.remove_prefix(found + mark.size());
  return text.substr(0, text.find(end));
}

// "message size 20971530 is larger than configured max size 16777216": nothing if it says no such
// thing.
std::size_t largest_allowed(std::string_view reason) {
  constexpr std::string_view mark = "max size ";
  const auto found = reason.find(mark);
  std::size_t most = 0;
  if (found != std::string_view::npos)
    std::from_chars(reason.data() + found + mark.size(), reason.data() + reason.size(), most);
  return most;
}

}  // namespace

std::uint64_t ConfirmWindow::add(std::string_view id, Kind kind) {
  pending_.push_back({std::string(id), {}, hash_of(kind.exchange), kind.bytes, false});
  return next() - 1;
}

void ConfirmWindow::give_back(std::string_view id, const std::string& reason) {
  for (auto& pending : pending_)
    if (pending.id == id && !pending.is_settled) pending.given_back = reason;
}

void ConfirmWindow::settle(std::uint64_t tag, bool multiple, bool taken) {
  const std::uint64_t number = tag == 0 ? 0 : tag + before_channel_;
  const std::uint64_t end = first_ + pending_.size();
  const std::uint64_t begin = multiple ? first_ : number;
  const std::uint64_t last = multiple && number == 0 ? end - 1 : number;
  for (std::uint64_t each = begin; each >= first_ && each < end && each <= last; ++each)
    settle_one(pending_[each - first_], each, taken);
  for (; !pending_.empty() && pending_.front().is_settled; ++first_, --settled_in_pending_)
    pending_.pop_front();
}

void ConfirmWindow::closed(std::string_view reason, const std::string& error) {
  const Fault fault = largest_allowed(reason) > 0       ? Fault::Lasting
                      : reason.starts_with("NOT_FOUND") ? Fault::Missing
                                                        : Fault::Passing;
  const auto pending = std::exchange(pending_, {});
  const std::uint64_t first = std::exchange(first_, first_ + pending.size());
  settled_in_pending_ = 0;
  before_channel_ = first_ - 1;
  const bool is_any = std::any_of(pending.begin(), pending.end(), [&](const Pending& each) {
    return !each.is_settled && is_about(each, reason);
  });
  bool is_first = true;  // the one that it is about, if nothing tells
  for (std::size_t i = 0; i < pending.size(); ++i) {
    if (pending[i].is_settled) continue;
    const bool is_it = is_any ? is_about(pending[i], reason) : std::exchange(is_first, false);
    on_settled_(first + i, Error{error, is_it ? fault : Fault::Undecided});
  }
}

bool ConfirmWindow::is_about(const Pending& pending, std::string_view reason) {
  if (const auto most = largest_allowed(reason)) return pending.bytes > most;
  const std::string_view exchange = between(reason, "exchange '", '\'');
  return !exchange.empty() &&
         pending.exchange == hash_of(exchange == "amq.default" ? "" : exchange);
}

void ConfirmWindow::settle_one(Pending& pending, std::uint64_t number, bool taken) {
  if (pending.is_settled) return;
  pending.is_settled = true;
  ++settled_in_pending_;
  if (!taken)
    on_settled_(number,
                Error{"the broker did not take the message (basic.nack): its queue is full or "
                      "broken",
                      Fault::NotNow});
  else if (!pending.given_back.empty())
    on_settled_(number, Error{pending.given_back, Fault::Missing});
  else
    on_settled_(number, {});
}

}  // namespace action
