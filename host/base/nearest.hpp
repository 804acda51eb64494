// What a mistyped word was meant to be: for unknown keys, verbs and event names.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace actiond {

// Insertions, deletions, replacements and swaps of neighbours that make one word the other; the
// case of ASCII letters doesn't count.
std::size_t edit_distance(std::string_view one, std::string_view other);

// How far a candidate may be from this word and still be meant: a third of it, at least 1 or 2.
std::size_t nearest_limit(std::string_view word);

// The first of the nearest candidates (anything that converts to string_view); empty if none is
// near enough.
template <typename Candidates>
std::string nearest(std::string_view word, const Candidates& candidates) {
  std::string_view best;
  std::size_t limit = nearest_limit(word) + 1;
  for (const auto& candidate : candidates) {
    const std::string_view text = candidate;
    const std::size_t distance = edit_distance(word, text);
    if (distance >= limit) continue;
    limit = distance;
    best = text;
  }
  return std::string(best);
}

}  // namespace actiond
