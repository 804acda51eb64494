// What every verb shares: the common options, how a verb is declared, how it ends.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/config.hpp"
#include "base/result.hpp"

namespace actiond {

// Exit statuses, as DESIGN's section on the command line has them.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;

// What the command line gave before any verb looks at it. Lives as long as main.
struct Common {
  ConfigSource source;
  bool is_verbose = false;
  bool is_json = false;  // of verbs that print data
  int exit_status = kDone;
};

// A verb with its description and example; options are added to what it returns. `run` is called
// after parsing; its error is printed as the command's one line and makes the exit status 1.
CLI::App* add_verb(CLI::App& app, Common& common, const std::string& name,
                   const std::string& description, const std::string& example,
                   std::function<Result<int>()> run);
void add_json_option(CLI::App& verb, Common& common);

// Options that change the configuration for this call, and the loading of it with them.
struct PollerFlags {
  std::string queues;  // "high medium", or with commas
  std::optional<int> concurrency;
};
void add_poller_options(CLI::App& verb, PollerFlags& flags);
Result<Config> load(const Common& common, const PollerFlags& flags = {});

// "3", "1..8", "1,2,5": the ids of pollers, from 1. Fails with a sentence.
Result<std::vector<int>> parse_ids(const std::string& text);

// Creates run_dir, private to the user and his group, if it is missing.
Result<void> make_run_dir(const Config& config);

// Each of these declares one verb.
void add_run(CLI::App& app, Common& common);
void add_start(CLI::App& app, Common& common);

}  // namespace actiond
