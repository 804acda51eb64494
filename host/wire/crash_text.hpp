// Where a crashing runner leaves its backtrace: in the file of the page of progress, behind the
// page. It needs no memory and no frame, and outlives the runner.
#pragma once

#include <string>

#include "wire/progress.hpp"

namespace actiond {

inline constexpr long kCrashTextAt = 4096;  // bytes into the file
inline constexpr std::size_t kMostCrashText = 16384;

// Poller: what the runner left in that file, in glibc's format of backtrace_symbols; empty if
// nothing.
std::string crash_text(int file);
inline std::string crash_text(const Progress& progress) {
  return crash_text(progress.fd());
}

}  // namespace actiond
