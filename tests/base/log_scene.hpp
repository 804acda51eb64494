// A log in a file of the test's own directory, whose lines can be read.
#pragma once

#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "scene.hpp"

namespace actiond::test {

struct LogScene : Scene {
  fs::path file = dir() / "poller.log";

  Log open(LogFormat format = LogFormat::Text, LogLevel level = LogLevel::Debug) const {
    auto log = Log::open({level, format, file});
    REQUIRE(log.ok());
    return std::move(*log);
  }

  // The lines in the file; of text lines without the time, which must be there.
  std::vector<std::string> lines() const {
    static const std::regex time(R"(\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\] (.*))");
    std::vector<std::string> found;
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);) {
      std::smatch match;
      found.push_back(std::regex_match(line, match, time) ? match[1].str() : line);
    }
    return found;
  }
};

using Lines = std::vector<std::string>;

inline const EventLine hello{"medium", "hello_world", "4711", 1, R"({"name":"x"})"};

}  // namespace actiond::test
