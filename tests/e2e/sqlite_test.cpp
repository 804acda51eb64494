// The whole way without a server: `broker: sqlite:FILE`.
#include <action/client.hpp>

#include <algorithm>
#include <fstream>
#include <set>

#include "posting.hpp"
#include "sqlite_file.hpp"

namespace {

namespace fs = std::filesystem;

const char* const kFile = "sqlite:../queue.db";

// A site whose events are kept in a file of its own.
class FileSite : public Site {
 public:
  explicit FileSite(const std::vector<std::string>& plugins, const std::string& yaml = {})
      : Site(yaml, plugins, Site::kWithoutRabbit) {
    configure(yaml, kFile);
  }
  std::string address() const { return "sqlite:" + path("queue.db").native(); }
  action::Client client() const {
    return action::Client(address(), {.application = rabbit::application()});
  }
  void post(const std::string& event, const std::string& params, const std::string& queue,
            int count) {
    post_to(address(), event, params, queue, count);
  }
};

std::vector<std::string> queues(const std::vector<std::string>& lines) {
  std::vector<std::string> names;
  for (const auto& line : lines) names.push_back(line.substr(0, line.find(' ')));
  return names;
}

}  // namespace

TEST_CASE("sqlite: a file that was made before a column is given it") {
  FileSite site({"recorder"});
  site.post("record", site.params("ran", R"("text": "x")"), "medium", 1);
  Sqlite(site.path("queue.db")).run("ALTER TABLE events DROP COLUMN interrupted");
  site.start();
  CHECK(site.wait_for_lines("ran", 1));
}

TEST_CASE(
    "sqlite: an event queued by a shell or a C++ program runs, and nothing listens anywhere") {
  FileSite site({"hello_world"});
  site.start();
  const Ran ran = site.actiond({"enqueue", "hello_world", "name=Grace"});
  REQUIRE_MESSAGE(ran.status == 0, ran.err);
  CHECK(site.wait_for_log("Finished processing medium:hello_world id=" + ran.out.substr(0, 36)));
  const auto id =
      site.client().queue_action_event("hello_world", {{"name", "Ada"}}, {.queue = "high"});
  CHECK(site.wait_for_log("Finished processing high:hello_world id=" + id));
  CHECK(site.wait_for_log("broker sqlite:"));
  CHECK(contains(site.actiond({"check"}).out, "broker"));
}

TEST_CASE("sqlite: of 6000 waiting events, queued low first, no lower one runs before a higher") {
  FileSite site({"recorder"});
  for (const char* queue : {"low", "medium", "high"})
    site.post("record", site.params("ran", std::string("\"text\": \"") + queue + " \""), queue,
              2000);
  site.start();
  REQUIRE(site.wait_for_lines("ran", 6000, 60s));
  auto order = queues(site.lines("ran"));
  CHECK(order.size() == 6000);
  order.erase(std::unique(order.begin(), order.end()), order.end());
  CHECK(order == std::vector<std::string>{"high", "medium", "low"});
}

TEST_CASE("sqlite: four pollers run every event once") {
  FileSite site({"sleeper"});
  for (int id = 1; id <= 4; ++id) site.start(id);
  site.post("sleep", site.params("ran"), "medium", 4000);
  REQUIRE(site.wait_for_lines("ran", 4000, 60s));
  REQUIRE(wait_until(
      [&] { return Sqlite(site.path("queue.db")).text("SELECT count(*) FROM events") == "0"; }));
  const auto lines = site.lines("ran");
  CHECK(lines.size() == 4000);
  CHECK(std::set<std::string>(lines.begin(), lines.end()).size() == 4000);
}

TEST_CASE("sqlite: what a killed poller had in hand another one takes over at once") {
  FileSite site({"sleeper"});
  const pid_t first = site.start(1);
  REQUIRE(site.actiond({"enqueue", "sleep", site.params("ran", R"("ms": 60000)")}).status == 0);
  REQUIRE(site.wait_for_lines("ran", 1));
  site.start(2);
  end_process(first);
  CHECK(site.wait_for_lines("ran", 2, 5s));
  CHECK(site.lines("ran")[0] == site.lines("ran")[1]);
}

TEST_CASE("sqlite: a failed event is retried, then dead, and comes back by dead retry") {
  FileSite site({"throws"}, "retry: {attempts: 2, initial: 100ms}");
  site.start();
  REQUIRE(site.actiond({"enqueue", "throws"}).status == 0);
  REQUIRE(site.wait_for_log("now among the dead letters, after attempt 2 of 2"));
  CHECK(contains(site.actiond({"dead", "list"}).out, "1 dead letter"));
  const Ran retried = site.actiond({"dead", "retry", "--all"});
  CHECK_MESSAGE(retried.out == "1 dead letter is queued again\n", retried.err);
  CHECK(wait_until([&] {
    return count_of(site.log(), "now among the dead letters, after attempt 2 of 2") == 2;
  }));
  const auto status = nlohmann::json::parse(site.actiond({"status", "--json"}).out);
  CHECK(row_of_queue(status, "dead")["ready"] == 1);
  CHECK(row_of_queue(status, "medium")["failed"] == 4);
}

TEST_CASE("sqlite: status tells what waits, what comes later, and what is in whose hand") {
  FileSite site({"sleeper"});
  site.start();
  REQUIRE(site.actiond({"enqueue", "sleep", site.params("ran", R"("ms": 60000)")}).status == 0);
  REQUIRE(site.wait_for_lines("ran", 1));
  REQUIRE(site.actiond({"enqueue", "sleep", "--in", "1h"}).status == 0);
  const auto status = nlohmann::json::parse(site.actiond({"status", "--json"}).out);
  REQUIRE(status["broker"]["in_hand"].size() == 1);
  CHECK(status["broker"]["in_hand"][0]["event"] == "sleep");
  const auto medium = row_of_queue(status, "medium");
  CHECK(medium["in_hand"] == 1);
  CHECK(medium["later"] == 1);
  CHECK(contains(site.actiond({"status"}).out, "IN HAND"));
}

TEST_CASE("sqlite: status changes nothing, so it makes no file") {
  FileSite site({"recorder"});
  const auto status = nlohmann::json::parse(site.actiond({"status", "--json"}).out);
  CHECK(status["queues"].size() == 4);
  CHECK(status["queues"][0]["ready"].is_null());
  CHECK_FALSE(fs::exists(site.path("queue.db")));
}

TEST_CASE("sqlite: a file that another program has locked is waited for, and nothing is lost") {
  FileSite site({"recorder"});
  site.start();
  Sqlite other(site.path("queue.db"));
  other.run("BEGIN EXCLUSIVE");
  auto enqueue = site.begin({"enqueue", "record", site.params("ran", R"("text": "after")")});
  CHECK(enqueue->is_alive());
  other.run("COMMIT");
  CHECK(enqueue->wait().status == 0);
  CHECK(site.wait_for_lines("ran", 1));
  CHECK(contains(site.actiond({"status"}).out, "idle"));
}

TEST_CASE("sqlite: a poller that is told to stop now does, while another program locks the file") {
  FileSite site({"sleeper"});
  site.start();
  REQUIRE(site.actiond({"enqueue", "sleep", site.params("ran", R"("ms": 60000)")}).status == 0);
  REQUIRE(site.wait_for_log("Processing medium:sleep"));
  Sqlite other(site.path("queue.db"));
  other.run("BEGIN EXCLUSIVE");
  const auto told = std::chrono::steady_clock::now();
  CHECK(site.actiond({"stop", "--id", "1", "--now"}).status == 0);
  CHECK(std::chrono::steady_clock::now() - told < 5s);
  other.run("COMMIT");
  site.start();
  CHECK(wait_until([&] { return count_of(site.log(), "Processing medium:sleep") == 2; }));
}

TEST_CASE(
    "sqlite: a file that is damaged, another program's or out of reach is refused in a sentence") {
  FileSite site({"recorder"});
  const auto refusal = [&site] {
    const Ran ran = site.actiond({"enqueue", "record"});
    CHECK(ran.status == 1);
    CHECK(count_of(ran.err, "\n") == 1);
    return ran.err;
  };
  std::ofstream(site.path("queue.db")) << std::string(10000, 'x');
  CHECK(contains(refusal(), "it is no SQLite file"));
  fs::remove(site.path("queue.db"));
  Sqlite(site.path("queue.db")).run("CREATE TABLE notes (text)");
  CHECK(contains(refusal(), "is another program's"));
  site.configure("", "sqlite:../nowhere/queue.db");
  CHECK(contains(refusal(), "is its directory there"));
  site.configure("queue_type: quorum", kFile);
  CHECK(contains(refusal(), "quorum wants RabbitMQ"));
}

TEST_CASE("sqlite: pollers go on with a file that was taken away and is there again") {
  FileSite site({"recorder"});
  site.start();
  for (const char* file : {"queue.db", "queue.db-wal", "queue.db-shm", "queue.db-bell"})
    fs::remove(site.path(file));
  REQUIRE(site.wait_for_log("was removed or replaced"));
  REQUIRE(site.wait_for_log("is back"));
  REQUIRE(site.actiond({"enqueue", "record", site.params("ran", R"("text": "again")")}).status ==
          0);
  CHECK(site.wait_for_lines("ran", 1));
}

TEST_CASE("sqlite: what was stored outlives the removal of SQLite's own files") {
  FileSite site({"recorder"});
  site.start();
  REQUIRE(site.actiond({"quiet", "--id", "1"}).status == 0);
  site.post("record", site.params("ran", R"("text": "{n}")"), "high", 50);
  SUBCASE("the log") {
    fs::remove(site.path("queue.db-wal"));
  }
  SUBCASE("the memory") {
    fs::remove(site.path("queue.db-shm"));
  }
  SUBCASE("both") {
    fs::remove(site.path("queue.db-wal"));
    fs::remove(site.path("queue.db-shm"));
  }
  REQUIRE(site.wait_for_log("what they held was put into it"));
  REQUIRE(site.wait_for_log("is back"));
  REQUIRE(site.actiond({"resume", "--id", "1"}).status == 0);
  CHECK(site.wait_for_lines("ran", 50));
  CHECK(site.lines("ran").size() == 50);
}

TEST_CASE("sqlite: without its bell, by which the living are known, pollers begin anew") {
  FileSite site({"recorder"});
  site.start();
  fs::remove(site.path("queue.db-bell"));
  REQUIRE(site.wait_for_log("was removed or replaced"));
  REQUIRE(site.wait_for_log("is back"));
  CHECK(fs::exists(site.path("queue.db-bell")));
}

TEST_CASE("sqlite: migrate moves what waits, what comes later and what is dead, there and back") {
  NEEDS_BROKER();
  rabbit::prepare();
  FileSite site({"recorder"});
  site.post("record", site.params("ran", R"("text": "moved")"), "high", 5);
  REQUIRE(
      site.actiond({"enqueue", "record", site.params("ran", R"("text": "later")"), "--in", "5s"})
          .status == 0);
  const Sqlite file(site.path("queue.db"));
  file.run(
      "INSERT INTO queues (name) SELECT replace(name, '.high', '.dead') FROM queues"
      " WHERE name LIKE '%.high'");
  file.run(
      "INSERT INTO events SELECT NULL, (SELECT id FROM queues WHERE name LIKE '%.dead'), NULL, "
      "NULL, "
      "0, due_ms, 0, event, 'id-of-the-dead', enqueued_at_s, sender, 3, 'high', 'it broke', "
      "poller, plugin, backtrace, 7, 8, 0, properties, body, 0, NULL, NULL, 0, NULL, 0 "
      "FROM events LIMIT 1");
  const Ran there = site.actiond({"migrate", "--to", test_broker()});
  CHECK_MESSAGE(there.out == "6 events moved, 1 of them not due yet, and 1 dead letter\n",
                there.err);
  CHECK(rabbit::ready("high") == 5);
  CHECK(file.text("SELECT count(*) FROM events") == "0");
  const Ran back = site.actiond({"migrate", "--from", test_broker(), "--json"});
  REQUIRE_MESSAGE(back.status == 0, back.err);
  const auto moved = nlohmann::json::parse(back.out);
  CHECK(moved["events"] == 6);
  CHECK(moved["dead"] == 1);
  CHECK(rabbit::ready("high") == 0);
  CHECK(contains(site.actiond({"dead", "show", "id-of-the-dead"}).out, "it broke"));
  site.start();
  CHECK(site.wait_for_lines("ran", 6, 30s));
}

TEST_CASE("sqlite: migrate refuses to move from a broker to itself, whatever it is called") {
  FileSite site({});
  REQUIRE(site.actiond({"enqueue", "hello_world"}).status == 0);
  std::filesystem::create_symlink(site.path("queue.db"), site.path("other.db"));
  const Ran moved = site.actiond({"migrate", "--to", "sqlite:" + site.path("other.db").native()});
  CHECK(moved.status == 2);
  CHECK(contains(moved.err, "--from and --to are the same broker: name two"));
}

TEST_CASE("sqlite: a poller of some queues knows the others, for what its handlers queue") {
  FileSite site({"floods"});
  site.start(1, {"--queues", "high"});
  REQUIRE(site.actiond({"enqueue", "--queue", "high", "floods", "count=3", "queue=low"}).status ==
          0);
  CHECK(site.wait_for_log("Finished processing high:floods"));
}
