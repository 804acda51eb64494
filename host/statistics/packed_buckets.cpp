#include "statistics/packed_buckets.hpp"

namespace actiond {
namespace {

constexpr int kBitsAByte = 7;
constexpr int kMostBits = 63;

}  // namespace

std::string pack_buckets(std::span<const std::uint64_t> buckets) {
  std::size_t used = buckets.size();
  while (used > 0 && buckets[used - 1] == 0) --used;
  std::string bytes;
  for (std::size_t i = 0; i < used; ++i) {
    std::uint64_t rest = buckets[i];
    for (; rest >= 0x80; rest >>= kBitsAByte) bytes += static_cast<char>((rest & 0x7f) | 0x80);
    bytes += static_cast<char>(rest);
  }
  return bytes;
}

void unpack_buckets(std::string_view bytes, std::span<std::uint64_t> buckets) {
  std::size_t bucket = 0;
  std::uint64_t value = 0;
  int shift = 0;
  for (const char byte : bytes) {
    if (bucket == buckets.size()) return;
    if (shift <= kMostBits) value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    shift += kBitsAByte;
    if ((byte & 0x80) != 0) continue;
    buckets[bucket++] += value;
    value = 0;
    shift = 0;
  }
}

}  // namespace actiond
