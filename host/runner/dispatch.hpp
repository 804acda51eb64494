// One run of one event: from the frame to its handler to its outcome.
#pragma once

#include "runner/handler_table.hpp"
#include "runner/host_api.hpp"
#include "wire/frames.hpp"

namespace actiond {

// Calls the event's handler and says how that ended. An event that no plugin provides, or whose
// params are not a JSON object, ends without a call. The outcome's reason is never empty for an
// ending that needs one.
Outcome dispatch(const RunFrame& run, const HandlerTable& handlers, HostApi& host);

}  // namespace actiond
