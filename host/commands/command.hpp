// The verbs, and what some of them share of a poller's run.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/config/config.hpp"
#include "base/result.hpp"
#include "commands/terminal/command_line.hpp"

namespace actiond {

// Creates run_dir, private to the user and their group, if it is missing. When running as root it
// fails if others could write to the one that is there.
Result<void> make_run_dir(const Config& config);

// The log of the daemon of that id: the configuration's, or else run_dir/poller.N.log.
std::filesystem::path daemon_log(const Config& config, int id);

// The command line, behind the program's name, that starts the poller of that id as this one was
// started.
std::vector<std::string> start_words(const Common& common, const Config& config,
                                     const PollerFlags& flags, int id);

// Each of these declares one verb.
void add_run(CLI::App& app, Common& common);
void add_start(CLI::App& app, Common& common);
void add_stop(CLI::App& app, Common& common);
void add_setup(CLI::App& app, Common& common);
void add_deploy(CLI::App& app, Common& common);
void add_pause(CLI::App& app, Common& common);
void add_quiet(CLI::App& app, Common& common);
void add_resume(CLI::App& app, Common& common);
void add_rollback(CLI::App& app, Common& common);
void add_status(CLI::App& app, Common& common);
void add_stats(CLI::App& app, Common& common);
void add_health(CLI::App& app, Common& common);
void add_metrics(CLI::App& app, Common& common);
void add_wait(CLI::App& app, Common& common);
void add_cluster(CLI::App& app, Common& common);
void add_web(CLI::App& app, Common& common);
void add_enqueue(CLI::App& app, Common& common);
void add_dead(CLI::App& app, Common& common);
void add_cron(CLI::App& app, Common& common);
void add_migrate(CLI::App& app, Common& common);
void add_perform(CLI::App& app, Common& common);
void add_plugins(CLI::App& app, Common& common);
void add_check(CLI::App& app, Common& common);
void add_generate(CLI::App& app, Common& common);
void add_completion(CLI::App& app, Common& common);

}  // namespace actiond
