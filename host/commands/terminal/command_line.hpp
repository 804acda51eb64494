// What was typed: the options that verbs share, how a verb is declared, and how it ends.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/config/config.hpp"
#include "base/result.hpp"

namespace actiond {

// Exit statuses: all is well, something failed, the command line makes no sense.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;

// What the command line gave, whichever verb it is. Lives as long as main.
struct Common {
  ConfigSource source;
  bool is_verbose = false;
  bool is_json = false;               // of verbs that print data
  std::function<Result<int>()> verb;  // what is to be done once all is parsed
};

// -c, -e and -v; they may stand before the verb or behind it.
void add_common_options(CLI::App& app, Common& common);

// A verb with its description and example; options are added to what it returns. `run` returns the
// exit status; its error is printed and makes that 1.
CLI::App* add_verb(CLI::App& app, Common& common, const std::string& name,
                   const std::string& description, const std::string& example,
                   std::function<Result<int>()> run);
void add_json_option(CLI::App& verb, Common& common);

// Does what the command line said; returns the exit status.
int run_verb(const Common& common);

// An option whose text is checked while the command line is parsed: what is wrong with it is wrong
// usage. `parse` is called again by the verb for the value.
template <typename Parse>
CLI::Option* checked(CLI::Option* option, Parse parse) {
  return option->check(CLI::Validator(
      [parse](std::string& text) {
        const auto parsed = parse(text);
        return parsed ? std::string() : parsed.error().text;
      },
      ""));
}

// An option that takes a whole number from `least` to `most`; anything else is wrong usage.
CLI::Option* in_range(CLI::Option* option, int least, int most);

// "actiond: ...", a line for each line of the error.
void print_error(const Error& error);

// Says so, and is the status of wrong usage.
int refuse(const Error& error);

// JSON as programs read it: indented, what is no UTF-8 replaced.
void print_json(const nlohmann::json& json);

// By which the broker's operator knows this process.
std::string process_name();

// Options that change the configuration for this call, and the loading of it with them.
struct PollerFlags {
  std::string queues;       // "high medium", or with commas
  std::string concurrency;  // "4", "1..16"
};
void add_poller_options(CLI::App& verb, PollerFlags& flags);
Result<Config> load(const Common& common, const PollerFlags& flags = {});

// "3", "1..8", "1,2,5": the ids of pollers, from 1. Fails with a sentence.
Result<std::vector<int>> parse_ids(const std::string& text);

}  // namespace actiond
