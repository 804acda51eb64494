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

Result<void> check_shell(const std::string& shell) {
  if (shell == "bash") return {};
  return Error{"there is only bash: write actiond completion bash"};
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  std::vector<std::string> verbs;
  std::string cases;
  auto with_value = option_names(app, has_value);
  for (const auto* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    verbs.push_back(verb->get_name());
    cases += fmt::format("    {}) words=\"{}\" ;;\n", verb->get_name(),
                         fmt::join(option_names(*verb, is_any), " "));
    with_value.merge(option_names(*verb, has_value));
  }
  return fmt::format(R"(# bash completion for actiond, made by: actiond completion bash
_actiond() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} verb='' words='' i
  COMPREPLY=()
  case ${{COMP_WORDS[COMP_CWORD-1]}} in
    {0}) return ;; # its value: files, by default
  esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${{COMP_WORDS[i]}} in
      {1}) verb=${{COMP_WORDS[i]}}; break ;;
    esac
  done
  case $verb in
    '') words="{2} {3}" ;;
{4}  esac
  if [[ -z $verb || $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
  fi
}}
complete -o default -F _actiond actiond
)",
                     fmt::join(with_value, "|"), fmt::join(verbs, "|"), fmt::join(verbs, " "),
                     fmt::join(option_names(app, is_any), " "), cases);
}

void add_completion(CLI::App& app, Common& common) {
  auto shell = std::make_shared<std::string>();
  auto* verb =
      add_verb(app, common, "completion", "a script by which the shell completes words",
               "Example:  source <(actiond completion bash)", [&app, shell]() -> Result<int> {
                 fmt::print("{}", bash_completion(app));
                 return kDone;
               });
  checked(verb->add_option("shell", *shell, "bash"), check_shell)->required()->type_name("bash");
}

}  // namespace actiond
