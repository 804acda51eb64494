// An installation of actiond in a directory of its own, as an operator would make one: a
// configuration, a plugin directory, a run_dir. At the end all that it started is ended.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "process.hpp"
#include "rabbit.hpp"

using namespace std::chrono_literals;

class Site {
 public:
  // With these lines of YAML at the end of its configuration, and these plugins.
  enum Broker { kRabbit, kWithoutRabbit };
  explicit Site(const std::string& yaml = {}, const std::vector<std::string>& plugins = {},
                Broker broker = kRabbit);
  ~Site();
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  std::filesystem::path path(const std::string& name) const { return directory_ / name; }
  std::filesystem::path pid_file(int id) const;
  void configure(const std::string& yaml, const std::string& broker = test_broker());

  // Copies a plugin of the tests or of the examples into the plugin directory, as a deploy does:
  // under another name first, then renamed.
  void install(const std::string& plugin, const std::string& as = {});
  // As `cp` does it: the file is truncated and written in place, mapped or not.
  void overwrite(const std::string& plugin, const std::string& as) const;
  // A file with this content, by renaming it.
  void install_text(const std::string& file, const std::string& content);
  void uninstall(const std::string& file);

  // What it starts from now on is on the machine of that process: in its network, with its name.
  void move_to(pid_t machine) { machine_ = machine; }

  // Runs `actiond VERB --config … WORDS…` to its end.
  Ran actiond(const std::vector<std::string>& words, const std::string& input = {});
  // The same without waiting.
  std::unique_ptr<Process> begin(const std::vector<std::string>& words,
                                 const std::string& input = {});

  // Runs scripts/rabbitmq with these words on the tests' broker; the test fails if that does.
  void rabbitmq(const std::vector<std::string>& words) const;

  // Starts a poller and returns its pid; the test fails if it does not start.
  pid_t start(int id = 1, const std::vector<std::string>& words = {});
  // What the poller's PID file says; 0 without one.
  pid_t recorded_pid(int id) const;
  // All pollers of this installation, leaving ones too.
  std::vector<pid_t> pollers() const;

  // The lines of a file that plugins have written into this directory.
  std::vector<std::string> lines(const std::string& file) const { return read_lines(path(file)); }
  [[nodiscard]] bool wait_for_lines(const std::string& file, std::size_t count,
                                    std::chrono::milliseconds limit = 20s) const;
  // Params with "file" set to a file of this directory; `more` are further members.
  std::string params(const std::string& file, const std::string& more = {}) const;
  std::string log(int id = 1) const;
  [[nodiscard]] bool wait_for_log(const std::string& part, int id = 1,
                                  std::chrono::milliseconds limit = 20s) const;

 private:
  std::vector<std::string> command(const std::vector<std::string>& words) const;

  std::filesystem::path directory_;
  int commands_ = 0;
  pid_t machine_ = 0;
};

// How often its log tells that the connection to the broker is lost.
int times_lost(const Site& site);

// Where the build left a plugin.
std::filesystem::path plugin_file(const std::string& plugin);
