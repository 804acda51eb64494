#include <doctest/doctest.h>

#include "commands/command.hpp"
#include "commands/completion.hpp"

using namespace actiond;

TEST_CASE("completion: verbs and options of the tree, but none that is hidden") {
  CLI::App app("", "actiond");
  Common common;
  add_common_options(app, common);
  add_run(app, common);
  add_stop(app, common);
  const auto script = bash_completion(app);
  CHECK(script.find("      run|stop) verb=") != std::string::npos);
  CHECK(script.find(
            "    stop) words=\"--all --config --environment --help --host --id --now --timeout "
            "--verbose -c -e -h -v\" ;;") != std::string::npos);
  CHECK(script.find("ready-fd") == std::string::npos);
  CHECK(
      script.find("    --concurrency|--config|--environment|--host|--id|--queues|--timeout|-c|-e) "
                  "return") != std::string::npos);
}

TEST_CASE("completion: a verb with verbs of its own offers those, and then their options") {
  CLI::App app("", "actiond");
  Common common;
  add_common_options(app, common);
  add_dead(app, common);
  const auto script = bash_completion(app);
  CHECK(script.find("      dead|'dead list'|'dead show'|'dead retry'|'dead delete'|'dead purge') "
                    "verb=") != std::string::npos);
  CHECK(script.find("    dead) words=\"list show retry delete purge --config ") !=
        std::string::npos);
  CHECK(script.find("    'dead list') words=\"--config --environment --event --help --json --limit "
                    "--verbose -c -e -h -v\" ;;") != std::string::npos);
}
