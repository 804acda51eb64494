// How many runners there are to be, where the configuration gives a range: one more when all have
// been busy for a while and something waits, one less when the last has long been idle. Pure.
#pragma once

#include <optional>

#include "base/clock.hpp"

namespace actiond {

struct StaffRange {
  int least = 1, most = 1;

  bool is_elastic() const { return most > least; }
};

class Staffing {
 public:
  explicit Staffing(StaffRange range) : range_(range) {}

  // Looked at after all that can start has been handed out. True: one more is to be started now,
  // if the machine allows it.
  bool wants_more(MonotonicTime now, int runners, bool are_all_busy, bool is_any_waiting);
  // The last runner has been idle since then.
  bool wants_fewer(MonotonicTime now, int runners, MonotonicTime idle_since) const;

  const StaffRange& range() const { return range_; }

 private:
  StaffRange range_;
  std::optional<MonotonicTime> busy_since_, idle_since_;
  bool has_waited_ = false;  // something, since then
};

}  // namespace actiond
