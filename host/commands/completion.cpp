// completion bash: a script for the shell, made from the same tree that parses the command line.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <set>

#include "commands/command.hpp"
#include "commands/completion.hpp"

namespace actiond {
namespace {

bool is_shown(const CLI::Option* option) {
  return !option->get_group().empty();
}

// "-c", "--config" of every option that `is_wanted`.
template <typename Wanted>
std::set<std::string> option_names(const CLI::App& app, Wanted is_wanted) {
  std::set<std::string> names;
  for (const auto* option : app.get_options(
           [&](const CLI::Option* each) { return is_shown(each) && is_wanted(each); })) {
    for (const auto& name : option->get_snames()) names.insert("-" + name);
    for (const auto& name : option->get_lnames()) names.insert("--" + name);
  }
  return names;
}

bool is_any(const CLI::Option*) {
  return true;
}

bool has_value(const CLI::Option* option) {
  return option->get_items_expected_min() > 0;
}

std::vector<const CLI::App*> verbs_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

// What may follow a verb: verbs of its own first, if it has any, then options.
std::vector<std::string> words_of(const CLI::App& verb) {
  std::vector<std::string> words;
  for (const auto* inner : verbs_of(verb)) words.push_back(inner->get_name());
  for (const auto& option : option_names(verb, is_any)) words.push_back(option);
  return words;
}

Result<void> check_shell(const std::string& shell) {
  if (shell == "bash") return {};
  return Error{"only bash has completion: write actiond completion bash"};
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  std::vector<std::string> verbs, patterns;
  std::string cases;
  auto with_value = option_names(app, has_value);
  const auto add = [&](const CLI::App& verb, const std::string& pattern) {
    patterns.push_back(pattern);
    cases += fmt::format("    {}) words=\"{}\" ;;\n", pattern, fmt::join(words_of(verb), " "));
    with_value.merge(option_names(verb, has_value));
  };
  for (const auto* verb : verbs_of(app)) {
    verbs.push_back(verb->get_name());
    add(*verb, verb->get_name());
    for (const auto* inner : verbs_of(*verb))
      add(*inner, fmt::format("'{} {}'", verb->get_name(), inner->get_name()));
  }
  return fmt::format(R"(# bash completion for actiond, made by: actiond completion bash
_actiond() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} verb='' words='' i
  COMPREPLY=()
  case ${{COMP_WORDS[COMP_CWORD-1]}} in
    {0}) return ;; # its value: files, by default
  esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${{verb:+$verb }}${{COMP_WORDS[i]}} in
      {1}) verb=${{verb:+$verb }}${{COMP_WORDS[i]}} ;;
    esac
  done
  case $verb in
    '') words="{2} {3}" ;;
{4}  esac
  if [[ $words != -* || $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
  fi
}}
complete -o default -F _actiond actiond
)",
                     fmt::join(with_value, "|"), fmt::join(patterns, "|"), fmt::join(verbs, " "),
                     fmt::join(option_names(app, is_any), " "), cases);
}

void add_completion(CLI::App& app, Common& common) {
  auto shell = std::make_shared<std::string>();
  auto* verb =
      add_verb(app, common, "completion", "print a script that completes words in the shell",
               "Example:  source <(actiond completion bash)", [&app, shell]() -> Result<int> {
                 fmt::print("{}", bash_completion(app));
                 return kDone;
               });
  checked(verb->add_option("shell", *shell, "bash"), check_shell)->required()->type_name("bash");
}

}  // namespace actiond
