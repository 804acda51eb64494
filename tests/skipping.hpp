// A test that can't be done here says why, and ctest says "Skipped" of its executable, unless
// another of its tests failed: none is green without having run.
#pragma once

#include <doctest/doctest.h>
#include <unistd.h>

namespace skipping {

inline constexpr int kSkipped = 77;  // SKIP_RETURN_CODE of each test
inline bool is_any_skipped = false;

// What main() of such an executable is.
inline int run_tests(int argc, char** argv) {
  const int status = doctest::Context(argc, argv).run();
  return status == 0 && is_any_skipped ? kSkipped : status;
}

}  // namespace skipping

// Says what is not tested, and why; the test goes on.
#define PARTLY_SKIPPED(...)            \
  do {                                 \
    MESSAGE("skipped: ", __VA_ARGS__); \
    skipping::is_any_skipped = true;   \
  } while (false)

// Ends the test.
#define SKIP_TEST(...)           \
  do {                           \
    PARTLY_SKIPPED(__VA_ARGS__); \
    return;                      \
  } while (false)

#define NEEDS_ROOT() \
  if (::geteuid() != 0) SKIP_TEST("it needs root")
