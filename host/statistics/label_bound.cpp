#include "statistics/label_bound.hpp"

namespace actiond {

std::string_view LabelBound::label(std::string_view name, bool is_known) {
  if (const auto found = names_.find(name); found != names_.end()) return *found;
  if (name.empty() || names_.size() >= kMostEvents) return kOther;
  if (!is_known && unknown_ >= kMostUnknownEvents) return kOther;
  if (!is_known) ++unknown_;
  return *names_.emplace(name).first;
}

}  // namespace actiond
