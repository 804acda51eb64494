// Points in time as people write them: RFC 3339, with what is clear without it left out.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.hpp"

namespace actiond {

// "2026-12-24T18:00:00+01:00", or with Z; a space may stand for the T, the seconds or their
// fraction (rounded up to milliseconds: what is due is not early) may be left out, and without an
// offset it is the process's local time. Returns milliseconds since 1970 UTC, or fails with a
// sentence that shows an example.
Result<std::int64_t> parse_rfc3339(std::string_view text);

}  // namespace actiond
