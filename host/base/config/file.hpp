// Where the configuration is, and its text.
#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"

namespace actiond {

struct ConfigFile {
  std::string path;  // as it was given or looked up; for sentences
  std::string text;
};

// Reads given, or else $ACTIOND_CONFIG, or else the first that exists of ./config/actiond.yaml,
// ./actiond.yaml and /etc/actiond/actiond.yaml; nothing if there is none. Fails if the file can't
// be read, is larger than 1 MiB, or, when running as root, could be written to by others.
Result<std::optional<ConfigFile>> read_config_file(const std::string& given);

// The value of an environment variable; empty if it is not set.
std::string environment_variable(const char* name);

}  // namespace actiond
