#include "broker/store/mailbox.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr auto kGathering = 5ms;  // acknowledgements wait so long for others
constexpr std::size_t kManyAcknowledged = 256;

void signal(const UniqueFd& fd) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(fd.get(), &one, sizeof one);
}

void silence(const UniqueFd& fd) {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto read = ::read(fd.get(), &count, sizeof count);
}

template <typename Thing>
void move_behind(std::vector<Thing>& to, std::vector<Thing>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  from.clear();
}

}  // namespace

Result<std::unique_ptr<Mailbox>> Mailbox::open(std::size_t queues) {
  UniqueFd to_loop(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  UniqueFd to_thread(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!to_loop || !to_thread) return errno_error("make an eventfd");
  return std::unique_ptr<Mailbox>(new Mailbox(queues, std::move(to_loop), std::move(to_thread)));
}

News Mailbox::take_news() {
  silence(to_loop_);
  const std::lock_guard lock(mutex_);
  return std::exchange(news_, {});
}

void Mailbox::give(Orders& orders) {
  if (orders.is_empty()) return;
  const std::lock_guard lock(mutex_);
  if (!ordered_at_) ordered_at_ = monotonic_now();
  for (const auto& each : orders.acknowledged) --holds_[each.queue].held;
  for (const auto& each : orders.given_back) --holds_[each.queue].held;
  move_behind(orders_.acknowledged, orders.acknowledged);
  move_behind(orders_.given_back, orders.given_back);
  move_behind(orders_.stored, orders.stored);
  wake_if_earlier();
}

void Mailbox::consume(QueueIndex queue, int prefetch) {
  const std::lock_guard lock(mutex_);
  holds_[queue].prefetch = prefetch;
  holds_[queue].may_have_more = true;
  wake_if_earlier();
  signal(to_loop_);  // which is to be told that the consumer is in force
}

void Mailbox::probe(QueueIndex queue) {
  const std::lock_guard lock(mutex_);
  holds_[queue].is_probed = true;
  wake_if_earlier();
}

void Mailbox::close() {
  const std::lock_guard lock(mutex_);
  is_closing_ = true;
  wake_if_earlier();
}

std::size_t Mailbox::waiting() {
  const std::lock_guard lock(mutex_);
  return orders_.stored.size();
}

void Mailbox::silence_wake() {
  silence(to_thread_);
}

MonotonicTime Mailbox::sleep_until(MonotonicTime next_look, MonotonicTime next_tick) {
  const std::lock_guard lock(mutex_);
  const bool is_wanting = std::any_of(holds_.begin(), holds_.end(),
                                      [](const QueueHold& hold) { return hold.wanted() > 0; });
  return asleep_until_ = std::min({due(), next_tick, is_wanting ? next_look : next_tick});
}

bool Mailbox::is_closing() {
  const std::lock_guard lock(mutex_);
  return is_closing_;
}

std::pair<Orders, std::vector<QueueHold>> Mailbox::take_orders() {
  const std::lock_guard lock(mutex_);
  ordered_at_.reset();
  asleep_until_ = {};
  return {std::exchange(orders_, {}), holds_};
}

void Mailbox::tell(News news, const std::vector<QueueHold>& holds) {
  const std::lock_guard lock(mutex_);
  // What is consumed anew since the thread looked is to be looked at anew.
  for (QueueIndex i = 0; i < holds.size(); ++i)
    if (holds_[i].prefetch == holds[i].prefetch) holds_[i].may_have_more = holds[i].may_have_more;
  for (const auto& each : news.arrived) ++holds_[each.queue].held;
  for (const auto i : news.proven_empty) holds_[i].is_probed = false;
  for (const auto i : news.probe_delivered) holds_[i].is_probed = false;
  const bool is_empty = news.arrived.empty() && news.confirmed.empty() &&
                        news.proven_empty.empty() && news.probe_delivered.empty() && !news.paused &&
                        !news.failure && !news.is_closed;
  if (is_empty) return;
  move_behind(news_.arrived, news.arrived);
  move_behind(news_.confirmed, news.confirmed);
  move_behind(news_.proven_empty, news.proven_empty);
  move_behind(news_.probe_delivered, news.probe_delivered);
  if (news.paused) news_.paused = std::move(news.paused);
  if (news.failure) news_.failure = std::move(news.failure);
  news_.is_closed |= news.is_closed;
  signal(to_loop_);
}

MonotonicTime Mailbox::due() const {
  if (is_urgent()) return {};
  return ordered_at_ ? *ordered_at_ + kGathering : MonotonicTime::max();
}

// What somebody waits for, or a loop that will soon have nothing in hand while there is more. A
// lower queue is not looked at while a higher one may have more.
bool Mailbox::is_urgent() const {
  if (is_closing_ || !orders_.stored.empty() || !orders_.given_back.empty() ||
      orders_.acknowledged.size() >= kManyAcknowledged)
    return true;
  if (std::any_of(holds_.begin(), holds_.end(), [](const auto& hold) { return hold.is_probed; }))
    return true;
  for (const auto& hold : holds_)
    if (hold.prefetch > 0 && hold.may_have_more) return hold.held < (hold.prefetch + 1) / 2;
  return false;
}

void Mailbox::wake_if_earlier() {
  const auto when = due();
  if (when >= asleep_until_) return;
  asleep_until_ = when;
  signal(to_thread_);
}

}  // namespace actiond
