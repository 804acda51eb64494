#include "answers/dead_readers.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "answers/queue_choice.hpp"
#include "base/text.hpp"
#include "client/delay_trip.hpp"

namespace actiond {
namespace {

constexpr std::chrono::seconds kDeadBrokerTime{5};

class Finder : public DeadLetterReader {
 public:
  explicit Finder(const std::string& id) : id_(id) {}
  Fate take(Message& letter, std::string&) override {
    if (letter.id == id_) found = std::move(letter);
    return Fate::Keep;
  }
  bool has_enough() const override { return found.has_value(); }

  std::optional<Message> found;

 private:
  const std::string& id_;
};

}  // namespace

Result<std::unique_ptr<DeadLetters>> reach_dead_letters(const Config& config) {
  return open_dead_letters(config, fmt::format("actiond (pid {})", ::getpid()), kDeadBrokerTime);
}

Result<Message> find_dead_letter(const Config& config, const std::string& id) {
  auto letters = reach_dead_letters(config);
  if (!letters) return letters.error();
  Finder finder(id);
  if (auto read = (*letters)->read(finder); !read) return read.error();
  if (!finder.found) return unknown_dead_letter(id);
  return std::move(*finder.found);
}

Error unknown_dead_letter(const std::string& id) {
  return {fmt::format("no dead letter has the id {}: actiond dead list shows the others",
                      in_quotes(id))};
}

Fate DeadLister::take(Message& letter, std::string&) {
  if (!list_.event.empty() && letter.event != list_.event) return Fate::Keep;
  ++list_.matching;
  Message brief;
  brief.id = std::move(letter.id);
  brief.event = std::move(letter.event);
  brief.trail = std::move(letter.trail);
  brief.trail.backtrace.clear();
  oldest_.emplace(brief.trail.failed_at_ms, std::move(brief));
  if (limit_ > 0 && oldest_.size() > limit_) oldest_.erase(std::prev(oldest_.end()));
  return Fate::Keep;
}

DeadList DeadLister::finish(std::size_t total) {
  list_.total = total;
  for (auto& [time, letter] : oldest_) list_.letters.push_back(std::move(letter));
  return std::move(list_);
}

bool DeadSelector::selects(const Message& letter) {
  if (selection_.is_all) return true;
  if (selection_.matches) return selection_.matches(letter);
  if (!selection_.event.empty()) return letter.event == selection_.event;
  const auto& ids = selection_.ids;
  if (std::find(ids.begin(), ids.end(), letter.id) == ids.end()) return false;
  met_.insert(letter.id);
  return true;
}

std::vector<std::string> DeadSelector::unknown_ids() const {
  std::vector<std::string> unknown;
  for (const auto& id : selection_.ids)
    if (!met_.contains(id) && std::find(unknown.begin(), unknown.end(), id) == unknown.end())
      unknown.push_back(id);
  return unknown;
}

Fate DeadRetry::take(Message& letter, std::string& queue) {
  if (!selects(letter)) return Fate::Keep;
  if (letter.event.empty()) {
    malformed_.push_back(letter.id);
    return Fate::Keep;
  }
  auto chosen = choose_origin(config_, letter.event, letter.trail.queue);
  if (!chosen) {
    on_refused(chosen.error().text);
    return Fate::Keep;
  }
  queue = std::move(*chosen);
  const auto queued_at_ms = letter.trail.queued_at_ms;
  const bool has_expiry = letter.trail.expires_at_ms > 0;
  letter.trail = {};
  letter.trail.queued_at_ms = queued_at_ms;
  // Somebody wants it to run, however late.
  if (has_expiry) letter.trail.expires_at_ms = action::kLastTime_ms;
  return Fate::Requeue;
}

void DeadRetry::on_refused(const std::string& why) {
  if (++refused_ == 1) refusal_ = why;
}

Fate DeadDelete::take(Message& letter, std::string&) {
  if (!selects(letter)) return Fate::Keep;
  ++deleted_;
  return Fate::Delete;
}

}  // namespace actiond
