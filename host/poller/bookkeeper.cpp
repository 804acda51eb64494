#include "poller/bookkeeper.hpp"

#include "base/clock.hpp"

namespace actiond {
namespace {

constexpr std::size_t kMostFailures = 10;
constexpr std::size_t kLongestError = 300;  // bytes, in status; the dead letter has all of it

// The runner tells how long a handler ran, unless it has not lived to tell.
bool is_run_known(const Delivery& delivery) {
  return delivery.run > 0 && delivery.outcome.ending != Ending::Crashed &&
         delivery.outcome.ending != Ending::TimedOut;
}

// "mailer.so" of "mailer.so 1a2b3c4d5e6f (set 6f5e4d3c2b1a)".
std::string file_of(std::string_view plugin) {
  return std::string(plugin.substr(0, plugin.find(' ')));
}

bool is_failure(Ending ending) {
  return ending == Ending::Failed || ending == Ending::Discarded || ending == Ending::Crashed ||
         ending == Ending::TimedOut || ending == Ending::Malformed;
}

// Not in the middle of a character of UTF-8.
std::string cut(std::string text) {
  if (text.size() <= kLongestError) return text;
  auto end = kLongestError;
  while (end > 0 && (text[end] & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

}  // namespace

std::optional<Ended> ended_of(const Delivery& delivery, Settlement settlement) {
  const bool came_too_early = delivery.outcome.ending == Ending::Snoozed && delivery.run == 0;
  const auto outcome = label_for(delivery.outcome.ending, settlement == Settlement::DeadLetter);
  if (!outcome || came_too_early) return std::nullopt;
  Ended ended{delivery.message.event, delivery.queue_name, delivery.plugin_set, *outcome};
  if (!is_run_known(delivery)) return ended;
  ended.run = delivery.outcome.duration;
  ended.wait = delivery.waited;
  return ended;
}

Bookkeeper::Bookkeeper(Clock& clock, const Config& config, Log& log, const std::string& poller)
    : log_(log), recorder_(config, poller), timer_(clock.timer()) {}

void Bookkeeper::begin() {
  write_later();
}

void Bookkeeper::write_later() {
  timer_->set(kStatisticsEvery, [this] {
    tell(recorder_.tick(wall_now_ms()));
    write_later();
  });
}

void Bookkeeper::end() {
  timer_->cancel();
  tell(recorder_.leave(wall_now_ms()));
}

void Bookkeeper::tell(const std::vector<std::string>& news) {
  for (const auto& sentence : news) log_.warning("{}", sentence);
}

void Bookkeeper::settled(const Delivery& delivery, Settlement settlement) {
  if (const auto ended = ended_of(delivery, settlement)) recorder_.count(*ended);
  if (is_failure(delivery.outcome.ending)) remember(delivery, settlement);
}

void Bookkeeper::remember(const Delivery& delivery, Settlement settlement) {
  const auto& message = delivery.message;
  const auto now_ms = wall_now_ms();
  // The trail of what is retried tells of the next attempt already.
  const int attempt = message.trail.attempt - (settlement == Settlement::Retry ? 1 : 0);
  failures_.push_front({message.event, message.id, std::string(delivery.queue_name),
                        cut(delivery.outcome.reason), attempt, now_ms});
  if (failures_.size() > kMostFailures) failures_.pop_back();
  if (delivery.outcome.ending != Ending::Crashed) return;
  const std::string set(delivery.plugin_set);
  mark({MarkKind::Crash, now_ms, "", set, set, message.event, file_of(delivery.plugin),
        cut(delivery.outcome.reason), 1});
}

}  // namespace actiond
