// Arguments -> command -> exit status.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <system_error>

#include "base/text.hpp"
#include "client/sqlite/database.hpp"
#include "commands/command.hpp"
#include "commands/process/init.hpp"
#include "commands/terminal/usage.hpp"
#include "poller/cron/keeper.hpp"
#include "poller/life/connector.hpp"
#include "poller/life/upkeep.hpp"
#include "web/at_work.hpp"

namespace actiond {
namespace {

void declare(CLI::App& app, Common& common) {
  app.set_version_flag("--version", "actiond " ACTION_VERSION);
  app.footer("\nactiond VERB --help shows an example of each.");
  app.require_subcommand(1);
  add_common_options(app, common);
  add_run(app, common);
  add_start(app, common);
  add_stop(app, common);
  add_cluster(app, common);
  add_setup(app, common);
  add_deploy(app, common);
  add_rollback(app, common);
  add_wait(app, common);
  add_pause(app, common);
  add_quiet(app, common);
  add_resume(app, common);
  add_status(app, common);
  add_stats(app, common);
  add_health(app, common);
  add_metrics(app, common);
  add_web(app, common);
  add_enqueue(app, common);
  add_dead(app, common);
  add_cron(app, common);
  add_migrate(app, common);
  add_perform(app, common);
  add_plugins(app, common);
  add_check(app, common);
  add_generate(app, common);
  add_completion(app, common);
}

// In the order in which CLI11 wants them: the last first. "help VERB" is "VERB --help". A space
// behind [1,2], which is nothing in JSON, keeps it from taking that apart.
std::vector<std::string> arguments(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  if (words.front() == "help") {
    words.erase(words.begin());
    words.emplace_back("--help");
  }
  for (auto& word : words)
    if (word.starts_with('[') && word.ends_with(']')) word += ' ';
  std::reverse(words.begin(), words.end());
  return words;
}

// Whoever closed a standard stream must not have its number given to the broker's connection or to
// a file: output would be written into that. Its place is held by what refuses reads, or writes.
void hold_closed_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) >= 0) continue;
    const int refusing = stream == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    if (::open("/dev/null", refusing | O_NOCTTY) != stream) ::_exit(kFailed);  // nobody would hear
  }
}

// What was printed counts only once it is written.
int finish(int status) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
  if (errno == EPIPE) return kFailed;  // whoever read it has seen enough
  print_error({fmt::format("the output could not be written: {}", ::strerror(errno))});
  return kFailed;
}

int main(int argc, char** argv) {
  CLI::App app(
      "Do something later, for C++: runs events from RabbitMQ through handlers in .so plugins.",
      "actiond");
  Common common;
  declare(app, common);
  if (argc < 2) {
    std::cerr << app.help();
    return kUsage;
  }
  try {
    app.parse(arguments(argc, argv));
    return finish(run_verb(common));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // help, version
    return refuse(usage_error(app, error));
  } catch (const std::filesystem::filesystem_error& error) {
    print_error({fmt::format("can't use {}: {}", in_quotes(error.path1().native()),
                             error.code().message())});
    return kFailed;
  } catch (const std::system_error& error) {  // of fmt::print
    print_error({fmt::format("can't write the output: {}", error.code().message())});
    return kFailed;
  } catch (const std::exception& error) {
    print_error({fmt::format("an error of actiond itself: {}", error.what())});
    return kFailed;
  }
}

}  // namespace
}  // namespace actiond

int main(int argc, char** argv) {
  actiond::hold_closed_streams();
  const auto is_run = [](const char* word) { return std::strcmp(word, "run") == 0; };
  if (std::any_of(argv + 1, argv + argc, is_run)) actiond::leave_pid_1();
  ::signal(SIGPIPE, SIG_IGN);
  action::count_no_memory();
  const int status = actiond::main(argc, argv);
  if (actiond::Connector::is_any_trying() || actiond::Upkeep::is_any_looking() ||
      actiond::CronKeeper::is_any_at_work() || actiond::web::is_any_at_work())
    ::_exit(status);
  return status;
}
