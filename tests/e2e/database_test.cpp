// The whole way through a database: `broker: mysql://…` or `postgresql://…`, with servers that
// these tests may kill.
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <set>

#include "database_site.hpp"

namespace {

bool has_mapped(pid_t pid, const std::string& library) {
  return contains(read_text("/proc/" + std::to_string(pid) + "/maps"), library);
}

}  // namespace

TEST_CASE("database: an event queued by a shell or a C++ program runs, and status tells of it") {
  in_each([](const Server& server) {
    DatabaseSite site(server, {"hello_world"});
    const pid_t poller = site.start();
    const Ran ran = site.actiond({"enqueue", "hello_world", "name=Grace"});
    REQUIRE_MESSAGE(ran.status == 0, ran.err);
    CHECK(site.wait_for_log("Finished processing medium:hello_world id=" + ran.out.substr(0, 36)));
    const auto id =
        site.client().queue_action_event("hello_world", {{"name", "Ada"}}, {.queue = "high"});
    CHECK(site.wait_for_log("Finished processing high:hello_world id=" + id));
    CHECK(wait_until([&] { return site.queue("high")["done"] == 1; }));
    CHECK(site.queue("medium")["done"] == 1);
    CHECK(site.queue("medium")["consumers"] == 1);
    CHECK(contains(site.actiond({"check"}).out, "broker"));
    CHECK(has_mapped(poller, server.library));
    for (const auto& text : {site.log(), site.actiond({"status"}).out, site.actiond({"check"}).out})
      CHECK_FALSE(contains(text, "action:action"));
  });
}

TEST_CASE("database: a poller that has its queue elsewhere maps no page of a database's library") {
  Site site({}, {"hello_world"}, Site::kWithoutRabbit);
  site.configure("", "sqlite:../queue.db");
  const pid_t poller = site.start();
  CHECK_FALSE(has_mapped(poller, "libmariadb"));
  CHECK_FALSE(has_mapped(poller, "libpq"));
}

TEST_CASE("database: a poller on RabbitMQ maps no page of a database's library") {
  Site site({}, {"hello_world"});
  const pid_t poller = site.start();
  for (const char* library : {"libmariadb", "libpq", "libmemcached"})
    CHECK_FALSE(has_mapped(poller, library));
}

TEST_CASE("database: of 3000 waiting events, queued low first, no lower one runs before a higher") {
  in_each([](const Server& server) {
    DatabaseSite site(server, {"recorder"});
    for (const char* queue : {"low", "medium", "high"})
      site.post("record", site.params("ran", std::string("\"text\": \"") + queue + "\""), queue,
                1000);
    site.start();
    REQUIRE(site.wait_for_lines("ran", 3000, 60s));
    auto order = site.lines("ran");
    CHECK(order.size() == 3000);
    order.erase(std::unique(order.begin(), order.end()), order.end());
    CHECK(order == std::vector<std::string>{"high", "medium", "low"});
  });
}

TEST_CASE("database: four pollers run every event once") {
  in_each([](const Server& server) {
    DatabaseSite site(server, {"sleeper"});
    for (int id = 1; id <= 4; ++id) site.start(id);
    site.post("sleep", site.params("ran"), "medium", 2000);
    REQUIRE(site.wait_for_lines("ran", 2000, 60s));
    REQUIRE(wait_until([&] { return site.is_drained(); }));
    const auto lines = site.lines("ran");
    CHECK(lines.size() == 2000);
    CHECK(std::set<std::string>(lines.begin(), lines.end()).size() == 2000);
  });
}

TEST_CASE("database: what a killed poller had in hand another one takes over at once") {
  in_each([](const Server& server) {
    DatabaseSite site(server, {"sleeper"});
    const pid_t first = site.start(1);
    REQUIRE(site.actiond({"enqueue", "sleep", site.params("ran", R"("ms": 60000)")}).status == 0);
    REQUIRE(site.wait_for_lines("ran", 1));
    CHECK(site.queue("medium")["in_hand"] == 1);
    site.start(2);
    end_process(first);
    CHECK(site.wait_for_lines("ran", 2, 5s));
    CHECK(site.lines("ran")[0] == site.lines("ran")[1]);
  });
}

TEST_CASE("database: nothing is lost when the server is killed in the middle, and pollers go on") {
  in_each([](const Server& server) {
    DatabaseSite site(server, {"recorder"});
    for (int n = 0; n < 2000; n += 500) {
      auto client = site.client();
      for (int i = n; i < n + 500; ++i)
        client.post("record", {{"file", site.path("ran").native()}, {"text", std::to_string(i)}});
      client.flush();
    }
    site.start();
    REQUIRE(site.wait_for_lines("ran", 1));
    server.script("kill");
    REQUIRE(site.wait_for_log("connecting again"));
    server.script("start");
    REQUIRE(site.wait_for_log("is back", 1, 30s));
    REQUIRE(wait_until([&] { return site.is_drained(); }, 30s));
    const auto lines = site.lines("ran");
    CHECK(std::set<std::string>(lines.begin(), lines.end()).size() == 2000);
    CHECK(site.actiond({"dead", "list"}).out.find("record") == std::string::npos);
  });
}

TEST_CASE("database: a failed event is retried, then dead, and comes back by dead retry") {
  in_each([](const Server& server) {
    DatabaseSite site(server, {"throws"}, "retry: {attempts: 2, initial: 100ms}");
    site.start();
    REQUIRE(site.actiond({"enqueue", "throws"}).status == 0);
    REQUIRE(site.wait_for_log("now among the dead letters, after attempt 2 of 2"));
    CHECK(contains(site.actiond({"dead", "list"}).out, "1 dead letter"));
    const Ran retried = site.actiond({"dead", "retry", "--all"});
    CHECK_MESSAGE(retried.out == "1 dead letter is queued again\n", retried.err);
    CHECK(wait_until([&] {
      return count_of(site.log(), "now among the dead letters, after attempt 2 of 2") == 2;
    }));
    CHECK(site.queue("dead")["ready"] == 1);
    CHECK(wait_until([&] { return site.queue("medium")["failed"] == 4; }));
  });
}

TEST_CASE("database: what handlers queue is stored, and what comes later waits for its time") {
  in_each([](const Server& server) {
    DatabaseSite site(server, {"floods", "recorder"});
    REQUIRE(
        site.actiond({"enqueue", "record", site.params("ran", R"("text": "x")"), "--in", "700ms"})
            .status == 0);
    CHECK(site.queue("medium")["later"] == 1);
    site.start(1, {"--queues", "high medium"});
    REQUIRE(
        site.actiond({"enqueue", "--queue", "high", "floods", "count=30", "queue=low"}).status ==
        0);
    CHECK(site.wait_for_log("Finished processing high:floods"));
    CHECK(site.queue("low")["ready"] == 30);
    CHECK(site.wait_for_lines("ran", 1));
  });
}

TEST_CASE("database: an INSERT within somebody's transaction queues once it is committed") {
  in_each([](const Server& server) {
    DatabaseSite site(server, {"recorder"});
    site.start();
    const auto insert = [&](const std::string& text) {
      const auto params = site.params("ran", "\"text\": \"" + text + "\"");
      if (server.name == "postgresql")
        return "SELECT {}_queue_event('high', 'record', '" + params + "');";
      return "INSERT INTO {}_events (queue, event, params) VALUES ('high', 'record', '" + params +
             "');";
    };
    server.ask("START TRANSACTION;" + insert("never") + "ROLLBACK; START TRANSACTION;" +
               insert("once") + "COMMIT;");
    REQUIRE(site.wait_for_lines("ran", 1));
    REQUIRE(wait_until([&] { return site.is_drained(); }));
    CHECK(site.lines("ran") == std::vector<std::string>{"once"});
  });
}

TEST_CASE("database: migrate moves what waits and what comes later, to a file and back") {
  in_each([](const Server& server) {
    DatabaseSite site(server, {"recorder"});
    site.post("record", site.params("ran", R"("text": "moved")"), "high", 5);
    REQUIRE(site.actiond({"enqueue", "record", site.params("ran", R"("text": "x")"), "--in", "5s"})
                .status == 0);
    const auto file = "sqlite:" + site.path("queue.db").native();
    const Ran there = site.actiond({"migrate", "--to", file});
    CHECK_MESSAGE(there.out == "6 events moved, 1 of them not due yet, and 0 dead letters\n",
                  there.err);
    CHECK(site.is_drained());
    const Ran back = site.actiond({"migrate", "--from", file});
    CHECK_MESSAGE(back.out == there.out, back.err);
    site.start();
    CHECK(site.wait_for_lines("ran", 6, 30s));
  });
}

namespace {

// What a command says, in one line, of a broker with that address.
std::string refusal(DatabaseSite& site, const std::string& address) {
  site.configure("", address);
  const Ran ran = site.actiond({"enqueue", "record"});
  CHECK(ran.status == 1);
  CHECK(count_of(ran.err, "\n") == 1);
  CHECK_FALSE(contains(ran.err, "secret"));
  return ran.err;
}

// Since 11.4 MariaDB makes a certificate by itself, and proves that it is its own by knowing the
// password.
bool proves_itself(const Server& server) {
  return server.name == "mysql" && server.ask("SHOW VARIABLES LIKE 'have_ssl'") == "have_ssl\tYES";
}

}  // namespace

TEST_CASE("database: a wrong password, database, port or queue type is refused in a sentence") {
  in_each([](const Server& server) {
    DatabaseSite site(server, {"recorder"});
    CHECK(contains(refusal(site, server.with("action:action@", "action:secret@")),
                   "refuses the user 'action' or its password"));
    const auto elsewhere = refusal(site, server.with("/action", "/nothing"));
    CHECK(contains(elsewhere, "database 'nothing'"));
    CHECK(contains(refusal(site, server.name + "://u:secret@127.0.0.1:1/d"), "can't reach"));
    if (!proves_itself(server))
      CHECK(contains(refusal(site, server.url + "?tls=verify"), "tls=off"));
    CHECK(contains(refusal(site, server.url + "?color=blue"), "unknown parameter"));
    site.configure("queue_type: quorum", server.url);
    CHECK(contains(site.actiond({"enqueue", "record"}).err, "quorum wants RabbitMQ"));
  });
}

TEST_CASE("database: a user with four rights on the tables is enough, once setup has made them") {
  in_each([](const Server& server) {
    DatabaseSite site(server, {"recorder"});
    const bool is_mysql = server.name == "mysql";
    server.ask(is_mysql ? "CREATE OR REPLACE USER least IDENTIFIED BY 'secret'; GRANT CREATE "
                          "TEMPORARY TABLES ON action.* TO least;"
                        : "DROP ROLE IF EXISTS least; CREATE ROLE least LOGIN PASSWORD 'secret';");
    const auto least = server.with("action:action@", "least:secret@");
    CHECK(contains(refusal(site, least), "run 'actiond setup' as a user who may"));
    site.configure("", server.url);
    const Ran setup = site.actiond({"setup"});
    CHECK_MESSAGE(setup.status == 0, setup.err);
    site.configure("", least);
    for (const char* table : {"queues", "owners", "counts", "events", "pauses", "schema"})
      server.ask(std::string("GRANT SELECT, INSERT, UPDATE, DELETE ON {}_") + table + " TO least;");
    site.start();
    REQUIRE(site.actiond({"enqueue", "record", site.params("ran", R"("text": "x")")}).status == 0);
    CHECK(site.wait_for_lines("ran", 1));
    server.ask("REVOKE DELETE ON {}_events FROM least;");
    CHECK(contains(site.actiond({"check"}).out, "lacks DELETE"));
    site.configure("cron: {hourly: {every: 1h, event: record}}", least);
    server.ask("GRANT SELECT, INSERT ON {}_lease TO least;");
    CHECK(contains(site.actiond({"check"}).out, "lacks UPDATE"));
    if (!is_mysql)
      server.ask("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM least; DROP ROLE least;");
  });
}

TEST_CASE("database: a poller that stood still for too long settles nothing any more (long)") {
  in_each([](const Server& server) {
    if (std::getenv("ACTION_TEST_LONG") == nullptr) SKIP_TEST("ACTION_TEST_LONG is not set");
    DatabaseSite site(server, {"sleeper"});
    const pid_t first = site.start(1);
    REQUIRE(site.actiond({"enqueue", "sleep", site.params("ran", R"("ms": 3000)")}).status == 0);
    REQUIRE(site.wait_for_lines("ran", 1));
    REQUIRE(::kill(first, SIGSTOP) == 0);
    site.start(2);
    CHECK(site.wait_for_lines("ran", 2, 40s));
    REQUIRE(wait_until([&] { return site.is_drained(); }));
    REQUIRE(::kill(first, SIGCONT) == 0);
    CHECK(site.wait_for_log("connecting again"));
    CHECK(site.queue("medium")["done"] == 1);
  });
}
