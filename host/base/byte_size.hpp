// Sizes of memory as people write and read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace actiond {

// One whole number with one unit: 512KiB, 64MiB, 2GiB, or 64MB for a million bytes each; at most
// 1024GiB. Anything else fails with a sentence that says what to write.
Result<std::uint64_t> parse_byte_size(std::string_view text);

// "512KiB", "1.5GiB": the greatest unit that counts, cut to a tenth.
std::string format_byte_size(std::uint64_t bytes);

}  // namespace actiond
