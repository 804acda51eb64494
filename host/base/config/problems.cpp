#include "base/config/problems.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace actiond {

void Problems::add(Place place, std::string sentence) {
  found_.emplace_back(place, std::move(sentence));
}

Error Problems::error() const {
  auto sorted = found_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string text;
  for (const auto& [place, sentence] : sorted) {
    if (!text.empty()) text += '\n';
    text += file_;
    if (place.line > 0) text += fmt::format(":{}:{}", place.line, place.column);
    text += ": " + sentence;
  }
  return {text};
}

std::string comma_list(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string suggestion(std::string_view word, const std::vector<std::string>& known) {
  const std::string meant = nearest(word, known);
  if (!meant.empty()) return fmt::format("did you mean '{}'?", meant);
  return known.empty() ? "there are none" : "there are: " + comma_list(known);
}

}  // namespace actiond
