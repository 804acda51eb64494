// A row of numbers as a row of blocks, "▁▁▃█▂".
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace actiond {

// A block for each, the highest for the greatest; a dot for zero, so that nothing is not little.
std::string sparkline(std::span<const std::uint64_t> numbers);

}  // namespace actiond
