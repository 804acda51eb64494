#include <doctest/doctest.h>

#include "commands/command.hpp"
#include "commands/terminal/usage.hpp"

using namespace actiond;

namespace {

// What is said of a command line; empty if it is right.
std::string said(const std::string& line) {
  CLI::App app("", "actiond");
  Common common;
  app.require_subcommand(1);
  add_common_options(app, common);
  add_run(app, common);
  add_start(app, common);
  add_stop(app, common);
  add_status(app, common);
  add_enqueue(app, common);
  add_dead(app, common);
  add_generate(app, common);
  try {
    app.parse(line, /*program_name_included=*/false);
    return "";
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error).text;
  }
}

}  // namespace

TEST_CASE("usage: right command lines are right") {
  for (const char* line :
       {"status", "status --json", "-c x status", "status -c x -e production", "start --id 1..8 -d",
        "start --id=1 --queues=high", "stop --all --now", "stop --id 1 --timeout 5s",
        "enqueue send_email", "enqueue stop status=1 --queue high", "enqueue send_email -",
        "run --id 3 -v", "dead list", "dead -c x list --limit 0", "dead retry a b",
        "dead retry --all", "generate event HelloWorld dir"})
    CHECK_MESSAGE(said(line) == "", line);
}

TEST_CASE("usage: what is wrong is said in one sentence, with what was meant") {
  struct Row {
    std::string line, sentence;
  };
  for (const Row& row : {
           Row{"statsu", "unknown verb 'statsu': did you mean 'status'?"},
           Row{"-c x statsu", "unknown verb 'statsu': did you mean 'status'?"},
           Row{"xyzzy", "unknown verb 'xyzzy': see actiond --help"},
           Row{"status --josn", "unknown option '--josn': did you mean '--json'?"},
           Row{"--verbos status", "unknown option '--verbos': did you mean '--verbose'?"},
           Row{"stop --alll", "unknown option '--alll': did you mean '--all'?"},
           Row{"status extra", "'extra' is one argument too many: see actiond status --help"},
           Row{"start", "--id is required: see actiond start --help"},
           Row{"start --id", "--id: 1 required N missing: see actiond start --help"},
           Row{"run --id 1..2", "--id: run starts one poller: write --id with one number"},
           Row{"stop --id 1 --timeout 3", "--timeout: '3' has no unit: write 3s or 3ms"},
           Row{"dead", "A subcommand is required: see actiond dead --help"},
           Row{"dead lst", "unknown verb 'lst': did you mean 'list'?"},
           Row{"dead list --limt 3", "unknown option '--limt': did you mean '--limit'?"},
           Row{"dead list extra", "'extra' is one argument too many: see actiond dead list --help"},
           Row{"dead show", "id is required: see actiond dead show --help"},
           Row{"dead delete", "id is required: see actiond dead delete --help"},
       })
    CHECK(said(row.line) == row.sentence);
  for (const char* line : {"start --id 0", "stop --id 1 --all", "enqueue", "enqueue Send",
                           "generate", "generate evnt x", "generate event 9"}) {
    const auto sentence = said(line);
    CHECK_MESSAGE(!sentence.empty(), line);
    CHECK_MESSAGE(sentence.find('\n') == std::string::npos, sentence);
  }
}
