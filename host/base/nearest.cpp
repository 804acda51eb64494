#include "base/nearest.hpp"

#include <algorithm>
#include <vector>

namespace actiond {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Rows of the distance table: a swap looks two back.
struct Rows {
  explicit Rows(std::size_t columns) : before_last(columns), last(columns), row(columns) {
    for (std::size_t column = 0; column < columns; ++column) row[column] = column;
  }

  void next() {
    before_last.swap(last);
    last.swap(row);
  }

  std::vector<std::size_t> before_last, last, row;
};

}  // namespace

std::size_t edit_distance(std::string_view one, std::string_view other) {
  Rows rows(other.size() + 1);
  for (std::size_t i = 1; i <= one.size(); ++i) {
    rows.next();
    rows.row[0] = i;
    for (std::size_t j = 1; j <= other.size(); ++j) {
      const bool is_same = lower(one[i - 1]) == lower(other[j - 1]);
      const std::size_t replaced = rows.last[j - 1] + (is_same ? 0 : 1);
      std::size_t best = std::min({replaced, rows.last[j] + 1, rows.row[j - 1] + 1});
      const bool is_swap = i > 1 && j > 1 && lower(one[i - 1]) == lower(other[j - 2]) &&
                           lower(one[i - 2]) == lower(other[j - 1]);
      if (is_swap) best = std::min(best, rows.before_last[j - 2] + 1);
      rows.row[j] = best;
    }
  }
  return rows.row[other.size()];
}

std::size_t nearest_limit(std::string_view word) {
  const std::size_t least = word.size() <= 3 ? 1 : 2;
  return std::max(least, word.size() / 3);
}

}  // namespace actiond
