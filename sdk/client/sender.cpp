#include "client/sender.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "client/delay_trip.hpp"

namespace action {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstBackoff{50};
constexpr milliseconds kLongestBackoff{1000};
constexpr milliseconds kLongestUnread{1000};
// A broker in alarm says so and then reads no more: hear it before the socket is full.
constexpr std::size_t kMostUnreadBytes = 65536;
constexpr milliseconds kRefusedWait{200};
constexpr int kMostUndecided = 10;
constexpr std::size_t kOverhead = 200;  // bytes of an event's frames besides its body, roughly

}  // namespace

Sender::Sender(Link::Target target, std::size_t window, milliseconds timeout)
    : target_(std::move(target)), window_(window), timeout_(timeout), owner_(::getpid()) {}

// Without a link the program has been told by an exception already.
Sender::~Sender() {
  begin();
  if (link_ != nullptr) (void)await([this] { return unconfirmed() == 0; });
}

Result<void> Sender::post(Outgoing event) {
  begin();
  if (auto ready = make_room(); !ready) return ready;
  return send(std::move(event));
}

Result<void> Sender::queue(Outgoing event) {
  begin();
  if (auto ready = make_room(); !ready) return ready;
  event.is_awaited = true;
  verdict_.reset();
  if (auto sent = send(std::move(event)); !sent) return sent;
  if (auto read = await([this] { return verdict_.has_value(); }); !read) {
    std::erase_if(events_, [](const auto& each) { return each.second.is_awaited; });
    std::erase_if(refused_, [](const auto& each) { return each.is_awaited; });
    return read;
  }
  return *verdict_;
}

std::optional<Loss> Sender::flush() {
  begin();
  const auto read = await([this] { return unconfirmed() == 0; });
  if (read && failed_.empty()) return std::nullopt;
  return take_loss(read);
}

Loss Sender::take_loss(const Result<void>& read) {
  const auto is_passing = [](const Failed& each) { return each.why.fault != Fault::Lasting; };
  const auto passing = std::find_if(failed_.begin(), failed_.end(), is_passing);
  Loss loss;
  loss.is_lasting = read && passing == failed_.end();
  if (!read) loss.why = read.error().text;
  if (read) loss.why = loss.is_lasting ? failed_.front().why.text : passing->why.text;
  for (auto& failed : failed_) loss.ids.push_back(std::move(failed.id));
  for (auto& [number, event] : events_) loss.ids.push_back(std::move(event.message.id));
  for (auto& event : refused_) loss.ids.push_back(std::move(event.message.id));
  failed_.clear();
  events_.clear();
  refused_.clear();
  return loss;
}

void Sender::begin() {
  reconnected_at_.reset();
  if (owner_ != ::getpid()) leave_to_parent();
}

// A socket that two processes write to serves neither.
void Sender::leave_to_parent() {
  owner_ = ::getpid();
  if (link_ != nullptr) link_->abandon();
  link_.reset();
  events_.clear();
  refused_.clear();
  failed_.clear();
}

// When the window is full, half of it is awaited: the broker has work meanwhile, and its confirms
// are read many at a time.
Result<void> Sender::make_room() {
  if (link_ != nullptr && is_reading_due())
    if (auto heard = read(milliseconds(0)); !heard)
      if (auto again = reconnect(heard.error()); !again) return again;
  if (unconfirmed() >= window_)
    if (auto room = await([this] { return unconfirmed() <= window_ / 2; }); !room) return room;
  return await([this] { return link_ == nullptr || (!link_->is_blocked() && link_->has_room()); });
}

bool Sender::is_reading_due() const {
  return unread_bytes_ > kMostUnreadBytes || link_->is_blocked() || !link_->has_room() ||
         Clock::now() - read_at_ > kLongestUnread;
}

Result<void> Sender::send(Outgoing event) {
  for (;;) {
    if (link_ == nullptr)
      if (auto connected = connect(timeout_); !connected) return connected;
    const auto number = publish(event);
    if (number) {
      unread_bytes_ += event.message.body.size() + kOverhead;
      events_.emplace_hint(events_.end(), *number, std::move(event));
      return {};
    }
    if (link_->is_open()) return number.error();
    if (auto again = reconnect(number.error()); !again) return again;
  }
}

// What is sent again waits for what is left of its delay.
Result<std::uint64_t> Sender::publish(const Outgoing& event) {
  const auto delay = wait_for(event.due_at, std::chrono::system_clock::now());
  if (delay.count() <= 0) return link_->publish(event.queue, event.message);
  return link_->publish_later(event.queue, event.message, delay);
}

Result<void> Sender::await(const std::function<bool()>& is_done) {
  const auto progress = [this] { return settled_ + (link_ ? link_->sent() : 0); };
  std::uint64_t seen = progress();
  auto deadline = Clock::now() + timeout_;
  while (!is_done()) {
    if (const auto now = progress(); std::exchange(seen, now) != now)
      deadline = Clock::now() + timeout_;
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return no_progress();
    const auto wait = refused_.empty() ? left : std::min(left, kRefusedWait);
    auto heard = link_ == nullptr ? connect(left) : read(wait);
    if (heard) heard = send_refused();
    if (heard || is_done()) continue;  // the last confirm may come with the goodbye
    if (auto again = reconnect(heard.error()); !again) return again;
  }
  return {};
}

Result<void> Sender::read(milliseconds timeout) {
  auto heard = link_->wait(timeout);
  read_at_ = Clock::now();
  unread_bytes_ = 0;
  return heard;
}

Error Sender::no_progress() {
  if (link_ != nullptr && link_->is_blocked())
    return {
        fmt::format("the broker accepts no events because it is {}: free some, or wait; "
                    "it may still queue what was sent",
                    link_->blocked_reason())};
  link_.reset();
  return {
      fmt::format("the broker has confirmed nothing for {} ms: what was sent may be queued or "
                  "not",
                  timeout_.count())};
}

Result<void> Sender::connect(milliseconds timeout) {
  auto link = Link::open(
      target_, [this](std::uint64_t number, const Result<void>& taken) { settle(number, taken); },
      timeout);
  if (!link) return link.error();
  link_ = std::move(*link);
  read_at_ = Clock::now();
  return send_again();
}

// Once, unless the broker has confirmed something since: an event for which it closes the channel
// each time must not be sent for ever.
Result<void> Sender::reconnect(const Error& why) {
  if (link_ != nullptr) (void)link_->wait(milliseconds(0));  // what is confirmed is not sent again
  link_.reset();
  if (reconnected_at_ == settled_) return why;
  const auto deadline = Clock::now() + timeout_;
  for (auto backoff = kFirstBackoff;; backoff = std::min(2 * backoff, kLongestBackoff)) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    auto connected = connect(std::max(left, kFirstBackoff));
    reconnected_at_ = settled_;
    if (connected) return connected;
    link_.reset();
    if (Clock::now() + backoff >= deadline) return connected.error().within(why.text);
    std::this_thread::sleep_for(backoff);
  }
}

Result<void> Sender::send_again() {
  auto events = std::exchange(events_, {});
  for (auto next = events.begin(); next != events.end();) {
    auto event = events.extract(next++);
    const auto number = publish(event.mapped());
    if (!number && !link_->is_open()) {
      // The numbers of a lost link only keep the order, in which what was not sent follows.
      event.key() = events_.empty() ? 1 : events_.rbegin()->first + 1;
      events_.insert(std::move(event));
      for (auto& [old, rest] : events)
        events_.emplace(events_.rbegin()->first + 1, std::move(rest));
      return number.error();
    }
    if (number) event.key() = *number;
    const std::uint64_t key = event.key();
    events_.insert(std::move(event));
    if (!number) settle(key, number.error());
  }
  return {};
}

Result<void> Sender::send_refused() {
  if (refused_.empty() || Clock::now() - refused_at_ < kRefusedWait) return {};
  for (auto& event : std::exchange(refused_, {})) {
    const std::string id = event.message.id;
    const bool is_awaited = event.is_awaited;
    const auto sent = send(std::move(event));
    if (!sent && is_awaited) verdict_ = sent;
    if (!sent && !is_awaited) failed_.push_back({id, sent.error()});
  }
  return {};
}

bool Sender::is_believed(Outgoing& event) const {
  if (!event.believed_at) event.believed_at = Clock::now() + timeout_;
  return Clock::now() >= *event.believed_at;
}

// Another one may be refused each time it is sent, and not be known for it: so not for ever.
bool Sender::is_to_be_sent_again(Outgoing& event, const Error& why) const {
  if (why.fault == Fault::Undecided) return ++event.undecided <= kMostUndecided;
  return why.fault == Fault::NotNow && !is_believed(event);
}

void Sender::settle(std::uint64_t number, const Result<void>& taken) {
  ++settled_;
  const auto found = events_.find(number);
  if (found == events_.end()) return;  // given up already
  Outgoing& event = found->second;
  if (!taken && is_to_be_sent_again(event, taken.error())) {
    refused_.push_back(std::move(event));
    refused_at_ = Clock::now();
    events_.erase(found);
    return;
  }
  // It may have come back because somebody deleted the queue.
  if (!taken && taken.error().fault != Fault::Duplicate && link_ != nullptr)
    link_->forget(event.queue);
  if (event.is_awaited)
    verdict_ = taken;
  else if (!taken && taken.error().fault == Fault::Duplicate)
    unneeded_.push_back({event.message.id, taken.error()});
  else if (!taken)
    failed_.push_back({event.message.id, taken.error()});
  events_.erase(found);
}

}  // namespace action
