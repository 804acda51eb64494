// Buckets as bytes of statistics.db: their counts as varints (7 bits a byte, least first), without
// the zeros at the end. Most of them are zero.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace actiond {

std::string pack_buckets(std::span<const std::uint64_t> buckets);

// Adds to `buckets` what pack_buckets wrote. Bytes that it did not write are worth nothing, and
// never harm.
void unpack_buckets(std::string_view bytes, std::span<std::uint64_t> buckets);

}  // namespace actiond
