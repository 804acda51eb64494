// At most so many names as labels, then "other": what anybody may choose must not grow statistics,
// metrics or memory without end.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace actiond {

inline constexpr std::size_t kMostEvents = 200;
// Of those that no plugin provides: a producer's slips must not take the places of what runs.
inline constexpr std::size_t kMostUnknownEvents = kMostEvents / 2;
inline constexpr std::string_view kOther = "other";

class LabelBound {
 public:
  // `name` itself, or kOther. What it returns lives as long as the bound.
  std::string_view label(std::string_view name, bool is_known);

 private:
  std::set<std::string, std::less<>> names_;
  std::size_t unknown_ = 0;
};

}  // namespace actiond
