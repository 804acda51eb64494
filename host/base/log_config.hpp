// What the log is configured with: the `log:` section of the configuration.
#pragma once

#include <filesystem>

namespace actiond {

enum class LogLevel { Debug, Info, Warning, Error };
enum class LogFormat { Text, Json };

struct LogConfig {
  LogLevel level = LogLevel::Info;
  LogFormat format = LogFormat::Text;
  std::filesystem::path file;  // absolute; empty: standard error

  bool has_params = true;  // show what events are about

  bool operator==(const LogConfig&) const = default;
};

}  // namespace actiond
