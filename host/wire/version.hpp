// Poller and runner are two programs that are built and installed together. During an upgrade one
// may be there before the other.
#pragma once

namespace actiond {

// Differs when the sources of what the two say to each other differ.
const char* wire_version();

}  // namespace actiond
