// Prometheus' text format, line by line: families, their samples, histograms.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "statistics/histogram.hpp"

namespace actiond {

class MetricLines {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  // What follows belongs to it, until the next. Its name is there without a sample, too: whoever
  // looks for it sees that there is such a thing.
  void family(std::string_view name, std::string_view type, std::string_view help);
  // For people: nothing of Prometheus reads it.
  void comment(std::string_view text);
  void sample(Labels labels, double value);
  // In seconds, with cumulated buckets.
  template <const auto& kBounds>
  void histogram(std::string_view label, std::string_view value, const Histogram<kBounds>& times) {
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < kBounds.size(); ++i)
      bucket(label, value, static_cast<double>(kBounds[i]) / 1000, below += times.buckets[i]);
    end_histogram(label, value, static_cast<double>(times.sum_us) / 1e6,
                  below + times.buckets.back());
  }

  const std::string& text() const { return text_; }

 private:
  void bucket(std::string_view label, std::string_view value, double bound_s, std::uint64_t count);
  void end_histogram(std::string_view label, std::string_view value, double sum_s,
                     std::uint64_t count);
  void line(std::string_view suffix, Labels labels, double value);

  std::string text_;
  std::string name_;
};

// As a label's value: backslash, quote and newline escaped, what is no UTF-8 replaced.
std::string label_value(std::string_view text);

}  // namespace actiond
