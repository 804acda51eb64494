// By what the processes are known that a runner has started, whatever they do to their environment:
// a runner has this number as its soft limit of RLIMIT_LOCKS, which all its descendants inherit and
// which Linux has not used since 2.4.25.
#pragma once

#include <cstdint>
#include <string_view>

namespace actiond {

// "ACTIOND_RUNNER=…" in a runner's environment.
inline constexpr char kRunnerVariable[] = "ACTIOND_RUNNER";

// The number for a runner with that variable ("NAME=value"). FNV-1a, cut to what is less than
// RLIM_INFINITY.
constexpr std::uint64_t runner_mark(std::string_view variable) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : variable) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return hash >> 1;
}

}  // namespace actiond
