#include "base/byte_size.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "base/text.hpp"

namespace actiond {
namespace {

struct SizeUnit {
  std::string_view name;
  std::uint64_t bytes;
};

// The binary ones first, greatest first: people are shown these.
constexpr std::array<SizeUnit, 6> kSizeUnits{{{"GiB", 1ULL << 30},
                                              {"MiB", 1ULL << 20},
                                              {"KiB", 1ULL << 10},
                                              {"GB", 1'000'000'000},
                                              {"MB", 1'000'000},
                                              {"KB", 1000}}};
constexpr std::size_t kShown = 3;
constexpr std::uint64_t kMost = 1024 * kSizeUnits[0].bytes;

}  // namespace

Result<std::uint64_t> parse_byte_size(std::string_view text) {
  std::uint64_t number = 0;
  const auto [rest, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view name = text.substr(static_cast<std::size_t>(rest - text.data()));
  for (const SizeUnit& unit : kSizeUnits) {
    if (failure != std::errc() || unit.name != name) continue;
    if (number > kMost / unit.bytes)
      return Error{fmt::format("{} is too much: at most 1024GiB", in_quotes(text))};
    return number * unit.bytes;
  }
  return Error{fmt::format(
      "{} is not a size: write a whole number and one unit, as in 512KiB, 64MiB or 2GiB",
      in_quotes(text))};
}

std::string format_byte_size(std::uint64_t bytes) {
  for (std::size_t i = 0; i < kShown; ++i) {
    if (bytes < kSizeUnits[i].bytes) continue;
    const std::uint64_t tenths = bytes % kSizeUnits[i].bytes * 10 / kSizeUnits[i].bytes;
    return tenths == 0
               ? fmt::format("{}{}", bytes / kSizeUnits[i].bytes, kSizeUnits[i].name)
               : fmt::format("{}.{}{}", bytes / kSizeUnits[i].bytes, tenths, kSizeUnits[i].name);
  }
  return fmt::format("{}B", bytes);
}

}  // namespace actiond
