// What a shell needs to know to complete the words of a command line.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace actiond {

// A script for bash that completes the verbs and options of `app`.
std::string bash_completion(const CLI::App& app);

}  // namespace actiond
