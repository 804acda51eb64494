#include "base/config/concurrency.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "base/text.hpp"

namespace actiond {
namespace {

constexpr Range<int> kRunners{1, 256};
constexpr std::string_view kDots = "..";

std::optional<int> runners_in(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_whole = error == std::errc() && end == text.data() + text.size();
  if (!is_whole || number < kRunners.min || number > kRunners.max) return std::nullopt;
  return number;
}

std::optional<Concurrency> range_in(std::string_view text) {
  const auto dots = text.find(kDots);
  if (dots == std::string_view::npos) return std::nullopt;
  const auto least = runners_in(text.substr(0, dots));
  const auto most = runners_in(text.substr(dots + kDots.size()));
  if (!least || !most || *least > *most) return std::nullopt;
  return Concurrency{*least, *most > *least ? *most : 0};
}

}  // namespace

Result<Concurrency> parse_concurrency(const std::string& text) {
  if (const auto range = range_in(text)) return *range;
  if (const auto number = runners_in(text)) return Concurrency{*number, 0};
  return Error{fmt::format("{} is not a whole number from {} to {}, nor a range as in 1..16",
                           in_quotes(text), kRunners.min, kRunners.max)};
}

void read_concurrency(const Section& root, Config& config) {
  const Tree* const value = root.find("concurrency");
  config.concurrency_limit = 0;  // an overlay's number takes the place of a range
  const bool is_range = value != nullptr && value->kind == Tree::Kind::Scalar &&
                        value->text.find(kDots) != std::string::npos;
  if (!is_range) return root.read_whole("concurrency", kRunners, config.concurrency);
  const auto range = range_in(value->text);
  if (!range)
    return root.refuse("concurrency", *value,
                       fmt::format("must be a range from {} to at most {}, as in 1..16",
                                   kRunners.min, kRunners.max));
  config.concurrency = range->least;
  config.concurrency_limit = range->limit;
}

}  // namespace actiond
