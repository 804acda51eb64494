#include "commands/terminal/usage.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest.hpp"
#include "base/text.hpp"

namespace actiond {
namespace {

std::vector<std::string> verbs_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* verb : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(verb->get_name());
  return names;
}

std::vector<std::string> options_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* option : app.get_options([](const CLI::Option*) { return true; }))
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

Error unknown(const std::string& what, const std::string& word,
              const std::vector<std::string>& candidates, const std::string& help) {
  const auto near = nearest(word, candidates);
  return {fmt::format("unknown {} {}: {}", what, in_quotes(word),
                      near.empty() ? "see " + help : fmt::format("did you mean '{}'?", near))};
}

bool is_option(const std::string& word) {
  return word.size() > 1 && word.front() == '-';
}

// CLI11 may have several lines to say; the rest is advice.
std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

// The verb that the line came to, as in `dead list`; its words are added to `name`.
const CLI::App& innermost(const CLI::App& app, std::string& name) {
  const CLI::App* verb = &app;
  for (auto parsed = app.get_subcommands(); !parsed.empty(); parsed = verb->get_subcommands()) {
    verb = parsed.front();
    name += " " + verb->get_name();
  }
  return *verb;
}

}  // namespace

Error usage_error(const CLI::App& app, const CLI::ParseError& error) {
  std::string name = "actiond";
  const CLI::App& verb = innermost(app, name);
  const std::string help = name + " --help";
  const auto words = app.remaining(/*recurse=*/true);
  const auto option = std::find_if(words.begin(), words.end(), is_option);
  if (option != words.end())
    return unknown("option", option->substr(0, option->find('=')), options_of(verb), help);
  const auto verbs = verbs_of(verb);
  if (!verbs.empty() && !words.empty()) return unknown("verb", words.front(), verbs, help);
  if (!words.empty())
    return {fmt::format("{} is one argument too many: see {}", in_quotes(words.front()), help)};
  // What an option's own check says, says what to write.
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ValidationError))
    return {first_line(error.what())};
  return {fmt::format("{}: see {}", first_line(error.what()), help)};
}

}  // namespace actiond
