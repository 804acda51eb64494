// Arguments -> command -> exit status. The same executable is also the runner: a poller starts
// itself again in that role, so that both always speak the same frames.
#include <fmt/format.h>
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/nearest.hpp"
#include "commands/command.hpp"
#include "runner/runner.hpp"
#include "wire/runner_descriptors.hpp"

namespace actiond {
namespace {

void declare(CLI::App& app, Common& common) {
  app.set_version_flag("--version", "actiond " ACTION_VERSION);
  app.footer("\nactiond VERB --help shows an example of each.");
  app.require_subcommand(1);
  app.failure_message([](const CLI::App*, const CLI::Error& error) {
    return fmt::format("actiond: {}: see actiond --help\n", error.what());
  });
  add_run(app, common);
  add_start(app, common);
}

std::vector<std::string> verbs_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* verb : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(verb->get_name());
  return names;
}

// CLI11 would only say that a subcommand is required.
bool is_unknown_verb(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return false;
  const auto verbs = verbs_of(app);
  if (std::find(verbs.begin(), verbs.end(), argv[1]) != verbs.end()) return false;
  const auto near = nearest(argv[1], verbs);
  std::fprintf(
      stderr, "actiond: unknown verb '%s': %s\n", argv[1],
      near.empty() ? "see actiond --help" : fmt::format("did you mean '{}'?", near).c_str());
  return true;
}

int main(int argc, char** argv) {
  CLI::App app(
      "Do something later, for C++: runs events from RabbitMQ through handlers in .so plugins.",
      "actiond");
  Common common;
  declare(app, common);
  if (is_unknown_verb(app, argc, argv)) return kUsage;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUsage;
  }
  return common.exit_status;
}

}  // namespace
}  // namespace actiond

int main(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], actiond::kRunnerRole) == 0)
    return actiond::run_runner(static_cast<pid_t>(std::atoi(argv[2])));
  ::signal(SIGPIPE, SIG_IGN);
  return actiond::main(argc, argv);
}
