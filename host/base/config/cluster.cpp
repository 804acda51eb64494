#include "base/config/cluster.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <utility>

#include "base/text.hpp"

namespace actiond {
namespace {

constexpr int kMostPollers = 1000;
constexpr Range<int> kPollers{0, kMostPollers};
constexpr Range<int> kStep{1, kMostPollers};
constexpr Range<double> kLoad{0.1, 10'000};
constexpr std::string_view kBetween = "..";

std::optional<int> id_in(std::string_view text) {
  int id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id < 1) return std::nullopt;
  return id;
}

std::optional<std::pair<int, int>> ids_in(std::string_view text) {
  const auto dots = text.find(kBetween);
  if (dots == std::string_view::npos) return std::nullopt;
  const auto first = id_in(text.substr(0, dots));
  const auto last = id_in(text.substr(dots + kBetween.size()));
  if (!first || !last || *last < *first || *last - *first >= kMostPollers) return std::nullopt;
  return std::pair(*first, *last);
}

}  // namespace

void read_cluster(const Section& root, Config& config) {
  const Tree* const value = root.find("cluster");
  if (value == nullptr || value->kind != Tree::Kind::Map) return;
  const Section section = root.section("cluster");
  ClusterConfig cluster;
  const Tree* const ids = section.find("ids");
  const auto range =
      ids != nullptr && ids->kind == Tree::Kind::Scalar ? ids_in(ids->text) : std::nullopt;
  if (!range)
    return section.problems().add(
        (ids != nullptr ? ids : value)->place,
        fmt::format("'cluster.ids' must be a range of up to {} ids, as in 101..140{}", kMostPollers,
                    ids != nullptr && ids->kind == Tree::Kind::Scalar
                        ? ", not " + in_quotes(ids->text)
                        : ""));
  std::tie(cluster.first_id, cluster.last_id) = *range;
  const int count = range->second - range->first + 1;
  cluster.max = count;
  section.read_whole("min", kPollers, cluster.min);
  section.read_whole("max", {1, count}, cluster.max);
  section.read_decimal("max_load", kLoad, cluster.max_load);
  section.read_whole("step", kStep, cluster.step);
  section.read_duration("drain_within", std::chrono::seconds(1), cluster.drain_within);
  if (cluster.min > cluster.max)
    section.problems().add(value->place,
                           fmt::format("'cluster.min' is {}, which is more than its max, {}",
                                       cluster.min, cluster.max));
  config.cluster = cluster;
}

}  // namespace actiond
