// All that is wrong with one configuration file, gathered so that one run tells everything.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/nearest.hpp"
#include "base/result.hpp"

namespace actiond {

// Where in the file; counted from 1. Line 0: the file as a whole.
struct Place {
  int line = 0;
  int column = 0;

  auto operator<=>(const Place&) const = default;
};

class Problems {
 public:
  explicit Problems(std::string file) : file_(std::move(file)) {}

  void add(Place place, std::string sentence);

  bool empty() const { return found_.empty(); }

  // "file:line:column: sentence", a line each, in the order of the file.
  Error error() const;

 private:
  std::string file_;
  std::vector<std::pair<Place, std::string>> found_;
};

// "a, b, c"
std::string comma_list(const std::vector<std::string>& words);

// What to write instead of an unknown word: the nearest known one, or all there are.
std::string suggestion(std::string_view word, const std::vector<std::string>& known);

}  // namespace actiond
