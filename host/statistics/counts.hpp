// What a poller counts, in its own memory: a count takes no allocation and no lock. Names come from
// anywhere, so the labels are bounded.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "statistics/delta.hpp"
#include "statistics/label_bound.hpp"

namespace actiond {

// An event that has ended. Times that are not known are negative.
struct Ended {
  std::string_view event, queue, plugin_set;
  OutcomeLabel outcome = OutcomeLabel::Done;
  std::chrono::nanoseconds run{-1};
  std::chrono::milliseconds wait{-1};
};

class Counts {
 public:
  // Allocates only for an event, queue, plugin set or outcome that it has not seen before.
  void count(const Ended& ended);

  bool is_changed() const { return !changed_.empty(); }
  // Moves what has been counted since the last call into `delta`, as of this minute since 1970.
  void take(std::int64_t minute, Delta& delta);

 private:
  struct Tally {
    const CellKey* row;  // but for its outcome
    OutcomeLabel outcome;
    Cell cell;
  };
  struct Row {
    CellKey key;
    std::unique_ptr<Tally> tallies[kOutcomeLabels];
  };
  struct RowName {
    std::string_view event, queue, plugin_set;
    bool operator==(const RowName&) const = default;
  };
  struct RowHash {
    std::size_t operator()(const RowName& name) const;
  };

  Row& row_of(const Ended& ended);
  Tally& tally_of(Row& row, OutcomeLabel outcome);

  LabelBound events_;
  std::unordered_map<RowName, std::unique_ptr<Row>, RowHash> rows_;  // names view into the rows
  Row* last_ = nullptr;                                              // most events are alike
  std::size_t tallies_ = 0;
  std::vector<Tally*> changed_;
};

}  // namespace actiond
