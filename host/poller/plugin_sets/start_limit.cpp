#include "poller/plugin_sets/start_limit.hpp"

#include <algorithm>

#include "base/duration.hpp"
#include "poller/plugin_sets/plugin_directory.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr auto kBesideLoading = 6min;  // to copy the plugins, to wait for a lock, to take over
constexpr auto kForEachBroker = 15s;
constexpr auto kForAnotherConfiguration = 10min;

}  // namespace

// A plugin's limit is for its file, and again for its setup.
std::chrono::milliseconds start_limit(const Config& config) {
  std::chrono::milliseconds limit = kBesideLoading + config.brokers.size() * kForEachBroker;
  if (const auto files = list_plugins(config.plugins))
    for (const auto& file : *files) limit += 2 * config.load_timeout.of(file);
  return std::min(limit, kLongestDuration);
}

std::chrono::milliseconds successor_limit(const Config& config_before) {
  return std::min(start_limit(config_before) + kForAnotherConfiguration, kLongestDuration);
}

}  // namespace actiond
