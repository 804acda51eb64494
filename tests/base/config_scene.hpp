// A configuration in a file "actiond.yaml" of the working directory, and what became of it.
#pragma once

#include <initializer_list>
#include <string>

#include "base/config/config.hpp"
#include "scene.hpp"

namespace actiond::test {

struct ConfigScene : Scene {
  NoVariables none;

  Result<Config> load(const std::string& yaml, const std::string& environment = "") const {
    write("actiond.yaml", yaml);
    return load_config({"actiond.yaml", environment});
  }

  // The configuration, which must be right.
  Config config(const std::string& yaml, const std::string& environment = "") const {
    const auto loaded = load(yaml, environment);
    const std::string problem = loaded.ok() ? "" : loaded.error().text;
    CAPTURE(problem);
    REQUIRE(loaded.ok());
    return *loaded;
  }

  // What is wrong with it; empty if nothing.
  std::string refusal(const std::string& yaml, const std::string& environment = "") const {
    const auto loaded = load(yaml, environment);
    return loaded.ok() ? "" : loaded.error().text;
  }
};

struct RefusedConfig {
  std::string yaml;
  std::string expected;
};

inline void check_refused(std::initializer_list<RefusedConfig> rows,
                          const std::string& environment = "") {
  const ConfigScene scene;
  for (const RefusedConfig& row : rows) {
    CAPTURE(row.yaml);
    CHECK(scene.refusal(row.yaml, environment) == row.expected);
  }
}

}  // namespace actiond::test
