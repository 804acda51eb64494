#include "commands/terminal/command_line.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "answers/queue_choice.hpp"
#include "base/config/concurrency.hpp"
#include "base/text.hpp"

namespace actiond {
namespace {

constexpr int kMostIds = 1000;

std::vector<std::string> split(const std::string& text, const std::string& separators) {
  std::vector<std::string> words;
  for (std::size_t begin = 0;
       (begin = text.find_first_not_of(separators, begin)) != std::string::npos;) {
    const auto end = std::min(text.find_first_of(separators, begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

std::optional<int> parse_id(std::string_view text) {
  int id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id < 1 || id > 999999)
    return std::nullopt;
  return id;
}

// The named queues in the order of their priority in the configuration, whatever order was typed.
Result<std::vector<std::string>> choose_queues(const Config& config, const std::string& text) {
  const auto wanted = split(text, " ,\t");
  for (const auto& queue : wanted)
    if (auto known = check_queue(config, queue); !known) return known.error();
  if (wanted.empty()) return Error{"--queues names no queue: write --queues \"high medium\""};
  std::vector<std::string> chosen;
  for (const auto& queue : config.queues)
    if (std::find(wanted.begin(), wanted.end(), queue) != wanted.end()) chosen.push_back(queue);
  return chosen;
}

}  // namespace

void add_common_options(CLI::App& app, Common& common) {
  app.add_option("-c,--config", common.source.file, "the configuration file")->type_name("FILE");
  app.add_option("-e,--environment", common.source.environment,
                 "apply the settings under environments: NAME")
      ->type_name("NAME");
  app.add_flag("-v,--verbose", common.is_verbose, "log at level debug");
}

CLI::App* add_verb(CLI::App& app, Common& common, const std::string& name,
                   const std::string& description, const std::string& example,
                   std::function<Result<int>()> run) {
  CLI::App* verb = app.add_subcommand(name, description);
  verb->footer("\n" + example);
  add_common_options(*verb, common);
  verb->callback([&common, run = std::move(run)] { common.verb = run; });
  return verb;
}

void add_json_option(CLI::App& verb, Common& common) {
  verb.add_flag("--json", common.is_json, "print JSON, for programs");
}

int run_verb(const Common& common) {
  auto status = common.verb();
  if (status) return *status;
  print_error(status.error());
  return kFailed;
}

void print_error(const Error& error) {
  for (const auto& line : split(error.text, "\n"))
    std::fprintf(stderr, "actiond: %s\n", line.c_str());
}

int refuse(const Error& error) {
  print_error(error);
  return kUsage;
}

void print_json(const nlohmann::json& json) {
  fmt::print("{}\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

// Other than CLI::Range it says the same in every version of CLI11.
CLI::Option* in_range(CLI::Option* option, int least, int most) {
  return checked(option, [least, most](const std::string& text) -> Result<int> {
    int number = 0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    if (read.ec == std::errc() && read.ptr == end && number >= least && number <= most)
      return number;
    return Error{fmt::format("'{}' is not a whole number from {} to {}", text, least, most)};
  });
}

void add_poller_options(CLI::App& verb, PollerFlags& flags) {
  verb.add_option("--queues", flags.queues, "take only these queues, as in \"high medium\"")
      ->type_name("NAMES");
  checked(verb.add_option("--concurrency", flags.concurrency,
                          "the number of runners, 1 to 256, or a range: 1..16"),
          parse_concurrency)
      ->type_name("N");
}

Result<Config> load(const Common& common, const PollerFlags& flags) {
  auto config = load_config(common.source);
  if (!config) return config;
  if (common.is_verbose) config->log.level = LogLevel::Debug;
  if (!flags.concurrency.empty()) {
    const auto runners = parse_concurrency(flags.concurrency);
    config->concurrency = runners->least;
    config->concurrency_limit = runners->limit;
  }
  if (!flags.queues.empty()) {
    auto queues = choose_queues(*config, flags.queues);
    if (!queues) return queues.error();
    config->consumed_queues = std::move(*queues);
  }
  return config;
}

Result<std::vector<int>> parse_ids(const std::string& text) {
  std::vector<int> ids;
  for (const auto& part : split(text, ", ")) {
    const auto dots = part.find("..");
    const auto first = parse_id(part.substr(0, dots));
    const auto last = dots == std::string::npos ? first : parse_id(part.substr(dots + 2));
    if (!first || !last || *last < *first || *last - *first >= kMostIds)
      return Error{fmt::format(
          "{} is not a poller's id: write a number from 1, or a range like 1..8", in_quotes(part))};
    for (int id = *first; id <= *last; ++id)
      if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  }
  if (ids.empty()) return Error{"which poller? write --id 1, or --id 1..8"};
  return ids;
}

std::string process_name() {
  return fmt::format("actiond (pid {})", ::getpid());
}

}  // namespace actiond
