// A directory of the test's own, gone at the end, with a log that can be read.
#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "base/log.hpp"

class LogScene {
 public:
  const std::filesystem::path directory = make_directory();
  actiond::Log log = open();

  ~LogScene() { std::filesystem::remove_all(directory); }

  // All that was logged.
  std::string logged() {
    log.flush();
    std::ifstream file(directory / "log");
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  // How often that was logged.
  int times_logged(const std::string& part) {
    const std::string text = logged();
    int times = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++times;
    return times;
  }

 private:
  static std::filesystem::path make_directory() {
    std::string path = std::filesystem::temp_directory_path() / "action-poller.XXXXXX";
    REQUIRE(::mkdtemp(path.data()) != nullptr);
    return path;
  }
  actiond::Log open() const {
    actiond::LogConfig config;
    config.file = directory / "log";
    config.level = actiond::LogLevel::Debug;
    auto opened = actiond::Log::open(config);
    REQUIRE(opened.ok());
    return std::move(*opened);
  }
};
