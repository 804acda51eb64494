// The page's process, from its addresses to its end.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/config/config.hpp"
#include "base/log.hpp"
#include "base/result.hpp"

namespace actiond::web {

// Serves until SIGTERM or SIGINT. `on_listening` is told how to reach the page and to log in, a
// line each. `config` must live as long as the process. Fails if it can't begin.
Result<void> serve(const Config& config, Log& log, const std::string& version,
                   const std::function<void(const std::vector<std::string>&)>& on_listening);

}  // namespace actiond::web
