// What a database's administrator may have set, and what others may have written into its tables.
#include "database_site.hpp"

namespace {

// A statement of the server's root for as long as this lives, then the other.
class Setting {
 public:
  Setting(const Server& server, const std::string& set, std::string reset)
      : server_(server), reset_(std::move(reset)) {
    server.ask(set);
  }
  ~Setting() { server_.ask(reset_); }
  Setting(const Setting&) = delete;
  Setting& operator=(const Setting&) = delete;

 private:
  Server server_;
  std::string reset_;
};

std::string record(const DatabaseSite& site, const std::string& text) {
  return site.params("ran", "\"text\": \"" + text + "\"");
}

}  // namespace

TEST_CASE(
    "database: what is queued is committed, though the server's sessions don't by themselves") {
  in_each([](const Server& server) {
    if (server.name != "mysql") return;
    DatabaseSite site(server, {"recorder"});
    REQUIRE(site.actiond({"setup"}).status == 0);
    const Setting setting(server,
                          "SET GLOBAL init_connect = 'SET autocommit = 0, sql_safe_updates = 1'",
                          "SET GLOBAL init_connect = ''");
    REQUIRE(site.actiond({"enqueue", "record", record(site, "one")}).status == 0);
    CHECK(server.ask("SELECT COUNT(*) FROM {}_events WHERE event = 'record'") == "1");
    site.start();
    CHECK(site.wait_for_lines("ran", 1));
    site.actiond({"stop", "--all"});
    CHECK(server.ask("SELECT COUNT(*) FROM {}_owners") == "0");
  });
}

TEST_CASE("database: rows with what can't be meant run as if it were not there") {
  in_each([](const Server& server) {
    DatabaseSite site(server, {"recorder"});
    REQUIRE(site.actiond({"setup"}).status == 0);
    server.ask(
        "INSERT INTO {}_queues (name) SELECT 'low' WHERE NOT EXISTS (SELECT 1 FROM {}_queues "
        "WHERE name = 'low')");
    const struct {
      const char *column, *value;
    } rows[] = {{"trace_parent", "'xx'"},
                {"trace_state", "'a=1'"},
                {"expires_at_ms", "-9223372036854775808"},
                {"expires_at_ms", "9223372036854775807"},
                {"due_ms", "-9223372036854775807"},
                {"due_ms", "-1"},
                {"attempt", "-5"},
                {"unknown_since_ms", "-9223372036854775808"},
                {"first_failed_at_ms", "9223372036854775807"},
                {"enqueued_at_s", "-9223372036854775808"},
                {"interrupted", "-1"}};
    for (const auto& row : rows)
      server.ask(std::string("INSERT INTO {}_events (queue, event, params, ") + row.column +
                 ") VALUES ('low', 'record', '" + record(site, row.column) + "', " + row.value +
                 ")");
    site.start();
    CHECK(site.wait_for_lines("ran", std::size(rows)));
    CHECK(wait_until([&] { return site.is_drained(); }));
    CHECK(site.actiond({"stop", "--all"}).status == 0);  // it lives
  });
}

TEST_CASE("database: who locks the table for long makes pollers wait, and nothing runs twice") {
  in_each([](const Server& server) {
    DatabaseSite site(server, {"recorder"});
    site.start();
    REQUIRE(site.actiond({"enqueue", "record", record(site, "before")}).status == 0);
    REQUIRE(site.wait_for_lines("ran", 1));
    // longer than a statement waits for a lock
    server.ask(server.name == "mysql"
                   ? "LOCK TABLES {}_events WRITE; SELECT SLEEP(7); UNLOCK TABLES"
                   : "BEGIN; LOCK TABLE {}_events; SELECT pg_sleep(7); COMMIT");
    REQUIRE(site.actiond({"enqueue", "record", record(site, "after")}).status == 0);
    CHECK(site.wait_for_lines("ran", 2));
    CHECK_FALSE(contains(site.log(), "ERROR"));
  });
}

TEST_CASE("database: migrate knows a database by another of its names") {
  in_each([](const Server& server) {
    DatabaseSite site(server, {"recorder"});
    REQUIRE(site.actiond({"enqueue", "record", record(site, "one")}).status == 0);
    const Ran ran = site.actiond({"migrate", "--to", server.with("127.0.0.1", "localhost")});
    CHECK(ran.status == 2);
    CHECK(contains(ran.err, "are the same broker"));
  });
}

TEST_CASE("database: setup makes a table that somebody has dropped") {
  in_each([](const Server& server) {
    DatabaseSite site(server, {"recorder"});
    REQUIRE(site.actiond({"enqueue", "record", record(site, "one")}).status == 0);
    for (const char* table : {"counts", "owners", "pauses"})
      server.ask(std::string("DROP TABLE {}_") + table);
    CHECK(contains(site.actiond({"start", "--id", "1"}).err, "run 'actiond setup'"));
    const Ran setup = site.actiond({"setup"});
    CHECK_MESSAGE(setup.status == 0, setup.err);
    site.start();
    CHECK(site.wait_for_lines("ran", 1));
  });
}

TEST_CASE("database: check names a missing right to read") {
  in_each([](const Server& server) {
    DatabaseSite site(server, {"recorder"});
    REQUIRE(site.actiond({"setup"}).status == 0);
    const bool is_mysql = server.name == "mysql";
    const Setting user(server,
                       is_mysql ? "CREATE OR REPLACE USER blind IDENTIFIED BY 'secret'"
                                : "CREATE ROLE blind LOGIN PASSWORD 'secret'",
                       is_mysql ? "DROP USER blind" : "DROP OWNED BY blind; DROP ROLE blind");
    for (const char* table : {"queues", "owners", "events", "pauses", "schema"})
      server.ask(std::string("GRANT SELECT, INSERT, UPDATE, DELETE ON {}_") + table + " TO blind");
    server.ask("GRANT INSERT, UPDATE, DELETE ON {}_counts TO blind");
    site.configure("", server.with("action:action@", "blind:secret@"));
    const Ran check = site.actiond({"check"});
    CHECK(contains(check.out + check.err, "lacks SELECT"));
    CHECK_FALSE(contains(check.out + check.err, "lacks INSERT"));
  });
}

TEST_CASE("database: a server that takes small packets takes many events all the same") {
  in_each([](const Server& server) {
    if (server.name != "mysql") return;
    DatabaseSite site(server, {"recorder"});
    const Setting setting(server, "SET GLOBAL max_allowed_packet = 1048576",
                          "SET GLOBAL max_allowed_packet = 16777216");
    site.post("record", "{\"text\": \"" + std::string(8130, 'x') + "\"}", "low", 300);
    CHECK(server.ask("SELECT COUNT(*) FROM {}_events WHERE event = 'record'") == "300");
  });
}

TEST_CASE("database: one whose texts have no room for all characters is refused") {
  in_each([](const Server& server) {
    if (server.name != "postgresql") return;
    DatabaseSite site(server, {"recorder"});
    const Setting database(server,
                           "CREATE DATABASE narrow ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' "
                           "TEMPLATE template0",
                           "DROP DATABASE narrow");
    site.configure("", server.with("/action", "/narrow"));
    const Ran check = site.actiond({"check"});
    CHECK(check.status == 1);
    CHECK(contains(check.out + check.err, "ENCODING 'UTF8'"));
  });
}
