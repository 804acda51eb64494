// Tests whose events are kept in a database, on a server that they may kill and set up as they
// like.
#pragma once

#include <action/client.hpp>

#include <cstdio>
#include <cstdlib>
#include <functional>

#include "posting.hpp"

inline std::string in_shell(const std::string& command) {
  std::string text;
  FILE* const pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  for (char part[4096]; std::fgets(part, sizeof part, pipe) != nullptr;) text += part;
  REQUIRE_MESSAGE(::pclose(pipe) == 0, command, text);
  return text;
}

// One of the tests' servers.
struct Server {
  std::string name;     // of its script, and of its address's scheme
  std::string library;  // its client's
  std::string url, directory;

  // Runs its script.
  void script(const std::string& words) const {
    (void)in_shell(command() + words + " 2>&1 </dev/null");
  }
  // What these statements, run as the server's root, answer; "{}" in them is the application.
  std::string ask(std::string sql) const {
    for (auto at = sql.find("{}"); at != std::string::npos; at = sql.find("{}"))
      sql.replace(at, 2, rabbit::application());
    auto answer = in_shell(command() + "sql <<'END'\n" + sql + "\nEND\n");
    if (!answer.empty()) answer.pop_back();
    return answer;
  }
  std::string with(const std::string& from, const std::string& to) const {
    auto other = url;
    return other.replace(other.rfind(from), from.size(), to);
  }

 private:
  std::string command() const { return SCRIPTS_DIR "/" + name + " --dir '" + directory + "' "; }
};

// Does `test` in each of the servers that are here.
inline void in_each(const std::function<void(const Server&)>& test) {
  struct Kind {
    const char *name, *library, *variable;
  };
  for (const Kind& kind : {Kind{"mysql", "libmariadb", "ACTION_TEST_MYSQL"},
                           Kind{"postgresql", "libpq", "ACTION_TEST_POSTGRESQL"}}) {
    CAPTURE(kind.name);
    const char* const url = std::getenv(kind.variable);
    if (url == nullptr) {
      PARTLY_SKIPPED(kind.variable, " names no server");
      continue;
    }
    test(
        {kind.name, kind.library, url, std::getenv((kind.variable + std::string("_DIR")).c_str())});
  }
}

// A site whose events are kept in the database, without any at first.
class DatabaseSite : public Site {
 public:
  DatabaseSite(const Server& server, const std::vector<std::string>& plugins,
               const std::string& yaml = {})
      : Site(yaml, plugins, Site::kWithoutRabbit), server_(server) {
    configure(yaml, server.url);
    for (const char* table : {"events", "owners", "counts", "queues", "pauses", "schema"})
      server.ask(std::string("DROP TABLE IF EXISTS {}_") + table);
  }
  action::Client client() const {
    return action::Client(server_.url, {.application = rabbit::application()});
  }
  void post(const std::string& event, const std::string& params, const std::string& queue,
            int count) {
    post_to(server_.url, event, params, queue, count);
  }
  nlohmann::json queue(const std::string& name) {
    return row_of_queue(nlohmann::json::parse(actiond({"status", "--json"}).out), name);
  }
  // But for the rows that are never due, which mark the ends of MariaDB's queues.
  bool is_drained() const {
    return server_.ask("SELECT COUNT(*) FROM {}_events WHERE queue <> 'dead' AND event <> ''") ==
           "0";
  }

 private:
  Server server_;
};
