#include "poller/runners/quarantine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/clock.hpp"
#include "base/files.hpp"
#include "poller/runners/hand_page.hpp"
#include "poller/runners/started_by.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr auto kLookAgain = 20ms;
constexpr std::int64_t kLongestKept_ms = std::chrono::hours(24) / 1ms;

// By this its copy is known, which has an id in any case.
std::uint64_t copy_mark(const Delivery& delivery) {
  return hand_mark(delivery.message.id, delivery.message.event);
}

std::string died_in_it(int times) {
  if (times == 1) return "its poller died in it";
  return fmt::format("its poller died in it {} times", times);
}

}  // namespace

std::optional<Outcome> Quarantine::stop(Delivery& delivery) {
  if (!delivery.is_redelivered) return std::nullopt;
  look();
  const auto found = left_.find(mark_of(delivery));
  if (found == left_.end()) return std::nullopt;
  // Another poller may have met a copy of it meanwhile.
  auto& files = found->second;
  std::erase_if(files, [](const auto& file) { return !DeadHand::open(file); });
  if (files.empty()) {
    left_.erase(found);
    return std::nullopt;
  }
  storing_.insert(copy_mark(delivery));
  // What has no id shares its mark with all of its name and body: each file is another one's.
  delivery.interruptions = delivery.is_named_here ? 1 : static_cast<int>(files.size());
  const int times = delivery.message.trail.interrupted + delivery.interruptions;
  return Outcome{Ending::Interrupted, died_in_it(times), {}, {}};
}

void Quarantine::stored(const Delivery& delivery) {
  storing_.erase(copy_mark(delivery));
  const auto found = left_.find(mark_of(delivery));
  if (found == left_.end()) return;
  auto& files = found->second;
  bool is_enough = false;
  for (; !files.empty() && !is_enough; files.pop_back()) {
    auto hand = DeadHand::open(files.back());
    if (hand) hand->remove();
    is_enough = hand && delivery.is_named_here;
  }
  if (files.empty()) left_.erase(found);
}

bool Quarantine::is_too_early(const Delivery& delivery) const {
  return !storing_.empty() && storing_.contains(copy_mark(delivery));
}

void Quarantine::look() {
  const auto now = clock_.now();
  if (looked_at_ && now - *looked_at_ < kLookAgain) return;
  looked_at_ = now;
  left_.clear();
  std::error_code error;
  for (const auto& file : list_directory(run_dir_, error))
    if (file.extension() == ".hand") look_into(file);
  kill_all_with(std::exchange(started_, {}));
}

// A file without a begun event tells nothing; nor does one whose event nobody has met for a day.
void Quarantine::look_into(const std::filesystem::path& file) {
  auto hand = DeadHand::open(file);
  if (!hand) return;
  if (auto variable = hand->take_started()) started_.push_back(std::move(*variable));
  if (!hand->begun() || hand->age_ms(wall_now_ms()) > kLongestKept_ms) return hand->remove();
  left_[*hand->begun()].push_back(file);
}

}  // namespace actiond
