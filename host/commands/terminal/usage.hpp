// What was wrong with a command line, in one sentence, with what was probably meant.
#pragma once

#include <CLI/CLI.hpp>

#include "base/result.hpp"

namespace actiond {

// Of an error that `app` threw while it parsed.
Error usage_error(const CLI::App& app, const CLI::ParseError& error);

}  // namespace actiond
