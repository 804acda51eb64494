#include "commands/terminal/sparkline.hpp"

#include <algorithm>

namespace actiond {
namespace {

constexpr const char* kBlocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::uint64_t kBlockCount = std::size(kBlocks);

}  // namespace

std::string sparkline(std::span<const std::uint64_t> numbers) {
  std::uint64_t most = 0;
  for (const auto number : numbers) most = std::max(most, number);
  std::string line;
  for (const auto number : numbers) {
    const auto share =
        static_cast<double>(number) / static_cast<double>(std::max<std::uint64_t>(1, most));
    const auto block = static_cast<std::uint64_t>(share * static_cast<double>(kBlockCount));
    line += number == 0 ? "·" : kBlocks[std::min(block, kBlockCount - 1)];
  }
  return line;
}

}  // namespace actiond
