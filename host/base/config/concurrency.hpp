// `concurrency:`, a number of runners or a range, from the file and from the command line.
#pragma once

#include <string>

#include "base/config/config.hpp"
#include "base/config/section.hpp"
#include "base/result.hpp"

namespace actiond {

struct Concurrency {
  int least = 1;
  int limit = 0;  // of a range; 0: it is none
};

// "4", or "1..16". Fails with a sentence.
Result<Concurrency> parse_concurrency(const std::string& text);

void read_concurrency(const Section& root, Config& config);

}  // namespace actiond
