// How often this executable has allocated so far.
#pragma once

#include <cstddef>

namespace actiond::test {

std::size_t allocations();

}  // namespace actiond::test
