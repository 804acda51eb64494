// Events in which a poller died. Which they are, dead pollers have left in run_dir (see HandPage);
// looked into at the start and for an event that was delivered before, not for each in a storm of
// those.
// Such an event runs alone: should it end this poller as well, nothing else is suspected.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "poller/delivery/delivery.hpp"
#include "poller/timer.hpp"

namespace actiond {

class Quarantine {
 public:
  // `clock` must outlive it.
  Quarantine(std::filesystem::path run_dir, Clock& clock)
      : run_dir_(std::move(run_dir)), clock_(clock) {}

  // What the runners of dead pollers had started is killed.
  void begin() {
    look();
    looked_at_.reset();
  }
  // Of a delivery that is about to run: it must not, for pollers died in it. How many is noted in
  // it, and goes with its copy.
  std::optional<Outcome> stop(Delivery& delivery);
  // The number has been stored with its copy: what tells of them is removed.
  void stored(const Delivery& delivery);
  // The connection is gone, and with it all that was to be stored.
  void lost() { storing_.clear(); }

  // Is it to run alone?
  static bool is_suspect(const Delivery& delivery) {
    return delivery.message.trail.interrupted > 0;
  }
  // It is a copy that has come before its original is acknowledged: should it end this poller now,
  // both would be there.
  bool is_too_early(const Delivery& delivery) const;
  // One runs alone, or waits until it can.
  bool is_occupied() const { return waiting_ || alone_ != nullptr; }
  // It waits until nothing else runs.
  void wait(DeliveryPointer delivery) { waiting_ = std::move(delivery); }
  // The one that waits, if one does.
  DeliveryPointer take_waiting() { return std::move(waiting_); }
  bool can_waiting_run() const { return waiting_ != nullptr && !is_too_early(*waiting_); }
  // It runs; it has ended, or was taken back. Of others nothing is noted.
  void runs(const Delivery& delivery) {
    if (is_suspect(delivery)) alone_ = &delivery;
  }
  void gone(const Delivery& delivery) {
    if (alone_ == &delivery) alone_ = nullptr;
  }

 private:
  void look();
  void look_into(const std::filesystem::path& file);

  std::filesystem::path run_dir_;
  Clock& clock_;
  std::optional<MonotonicTime> looked_at_;
  // What dead pollers had begun, and in which files that stands.
  std::unordered_map<std::uint64_t, std::vector<std::filesystem::path>> left_;
  std::vector<std::string> started_;           // variables of dead runners, see kill_all_with
  std::unordered_set<std::uint64_t> storing_;  // whose copy is not confirmed yet
  DeliveryPointer waiting_{nullptr, {}};
  const Delivery* alone_ = nullptr;
};

}  // namespace actiond
