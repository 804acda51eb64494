// The tables of a queue in a database: what they refuse, tell and keep, and how they are upgraded.
#include <algorithm>

#include "broker/sql/claims.hpp"
#include "broker/sql/owner.hpp"
#include "tables.hpp"

namespace actiond::test {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("database: a row that is never due ends each queue of MariaDB, and is no event") {
  const char* const url = std::getenv("ACTION_TEST_MYSQL");
  if (url == nullptr) SKIP_TEST("ACTION_TEST_MYSQL names no server");
  Tables tables(url);
  const auto rows = [&] {
    return tables.number("SELECT COUNT(*) FROM " + tables->dialect().events);
  };
  for (int i = 0; i < 2; ++i) {
    REQUIRE(tables->add_fences());
    CHECK(rows() == 3);  // high, low, dead
  }
  auto owner = DatabaseOwner::enter(*tables, "one");
  REQUIRE(owner);
  DatabaseClaims claims(*tables, owner->id());
  const std::vector<std::string> queues{"high", "low"};
  const auto look = claims.look(queues, std::vector<std::int64_t>{0, 0});
  REQUIRE(look);
  CHECK_FALSE(look->due_in_ms[0]);
  CHECK_FALSE(look->is_anything_due());
  CHECK(claims.take("high", 10, 0)->seqs.empty());
}

TEST_CASE("database: a server that tells of events does so while somebody listens, only") {
  in_each([](Tables& tables) {
    const auto& sql = tables->dialect();
    if (sql.listen.empty()) return;
    auto other = QueueTables::open(tables.url(), tables.name(), "broker_tests", 10s, 10s);
    REQUIRE(other);
    auto& session = (*other)->session();
    const auto is_told = [&session] {  // an answer brings what was told before it
      REQUIRE(session.execute("SELECT 1"));
      return session.take_notices();
    };
    REQUIRE(session.execute(sql.listen));
    tables.store("high", 1);
    CHECK(is_told());
    CHECK_FALSE(is_told());
    REQUIRE(session.execute(sql.listen_no_more));
    REQUIRE(session.execute(sql.listen.substr(0, sql.listen.find(';'))));  // but not registered
    tables.store("high", 1);
    CHECK_FALSE(is_told());
  });
}

TEST_CASE("database: tables of the version before get what they lack, and keep their events") {
  in_each([](Tables& tables) {
    const auto& sql = tables->dialect();
    const auto execute = [&](const std::string& statement) {
      CAPTURE(statement);
      REQUIRE(tables->session().execute(statement));
    };
    const bool has_ring = !sql.listen.empty();
    tables.store("high", 2);
    const auto drop_trigger = [&](const std::string& name) {
      execute("DROP TRIGGER \"" + tables.name() + name + "\" ON " + sql.events);
    };
    if (has_ring) {
      drop_trigger("_ring");
      drop_trigger("_known_queue");
      execute("ALTER TABLE " + sql.events +
              " ADD CONSTRAINT \"k\" FOREIGN KEY (queue) REFERENCES " + sql.queues + " (name)");
    }
    execute("ALTER TABLE " + sql.events + " DROP COLUMN expires_at_ms");
    execute("DROP TABLE " + sql.lease);
    execute("UPDATE " + sql.schema + " SET version = 1");
    auto owner = DatabaseOwner::enter(*tables, "of that version");
    REQUIRE(owner);
    REQUIRE(QueueTables::open(tables.url(), tables.name(), "broker_tests", 10s, 10s));
    CHECK(tables.number("SELECT version FROM " + sql.schema) == sql.version());
    CHECK(tables.number("SELECT COUNT(*) FROM " + sql.lease) == 0);
    if (has_ring)
      for (const char* name : {"_ring", "_known_queue"})
        CHECK(tables.number("SELECT COUNT(*) FROM pg_trigger WHERE tgname = '" + tables.name() +
                            name + "'") == 1);
    if (has_ring)
      CHECK(
          tables.number("SELECT COUNT(*) FROM pg_constraint WHERE contype = 'f' AND conrelid = '" +
                        sql.events + "'::REGCLASS") == 0);
    const auto taken = DatabaseClaims(*tables, owner->id()).take("high", 10, 0);
    REQUIRE(taken);
    CHECK(std::max(taken->seqs.size(), taken->claims.size()) == 2);  // which, is the dialect's
    CHECK(owner->check_alive());
  });
}

TEST_CASE("database: whoever upgrades tables waits a moment for a transaction, and says so") {
  in_each([](Tables& tables) {
    const auto& sql = tables->dialect();
    auto& session = tables->session();
    REQUIRE(session.execute("ALTER TABLE " + sql.events + " DROP COLUMN expires_at_ms"));
    REQUIRE(session.execute("UPDATE " + sql.schema + " SET version = 1"));
    const auto open = [&tables] {
      return QueueTables::open(tables.url(), tables.name(), "broker_tests", 10s, 10s);
    };
    REQUIRE(session.execute(sql.begin));
    tables.number("SELECT COUNT(*) FROM " + sql.events);
    const auto refused = open();
    REQUIRE_FALSE(refused);
    CAPTURE(refused.error().text);
    CHECK(has(refused.error().text, "a transaction has locked the tables " + tables.name() + "_"));
    REQUIRE(session.execute("COMMIT"));
    CHECK(open());
  });
}

TEST_CASE("database: who has made tables waits for locks as before") {
  in_each([](Tables& tables) {
    const auto& sql = tables->dialect();
    const bool is_mysql = sql.listen.empty();
    CHECK(tables.number(is_mysql ? "SELECT @@lock_wait_timeout = @@GLOBAL.lock_wait_timeout AND"
                                   " @@innodb_lock_wait_timeout = @@GLOBAL.innodb_lock_wait_timeout"
                                 : "SELECT (setting = reset_val)::INT FROM pg_settings"
                                   " WHERE name = 'lock_timeout'") == 1);
    REQUIRE(DatabaseOwner::enter(*tables, "one"));
    REQUIRE(tables->session().execute("DROP TABLE " + sql.pauses));
    CHECK(tables->keeps_pauses(QueueTables::Missing::Make));
    CHECK(tables.number(is_mysql ? "SELECT @@lock_wait_timeout = 5 AND"
                                   " @@innodb_lock_wait_timeout = 5"
                                 : "SELECT (setting = '5000')::INT FROM pg_settings"
                                   " WHERE name = 'lock_timeout'") == 1);
  });
}

TEST_CASE("database: a statement of anybody's stores nothing in a queue that is not there") {
  in_each([](Tables& tables) {
    auto& session = tables->session();
    if (!tables->dialect().listen.empty())  // as one that is not ours
      REQUIRE(session.execute("RESET action.knows_queues"));
    const auto store = [&](const std::string& queue) {
      return session.execute("INSERT INTO " + tables->dialect().events +
                             " (queue, event) VALUES ('" + queue + "', 'work')");
    };
    REQUIRE(store("high"));
    const auto refused = store("hihg");
    REQUIRE(!refused);
    CAPTURE(refused.error().text);
    if (!tables->dialect().listen.empty())
      CHECK(has(refused.error().text, "there is no queue 'hihg': correct its name"));
    const auto moved =
        session.execute("UPDATE " + tables->dialect().events + " SET queue = 'hihg'");
    CHECK(!moved);
    CHECK(tables.number("SELECT COUNT(*) FROM " + tables->dialect().events +
                        " WHERE event = 'work'") == 1);
  });
}

TEST_CASE("database: what PostgreSQL tells as bytes is read as it was meant") {
  in_each([](Tables& tables) {
    auto& session = tables->session();
    if (tables->dialect().listen.empty()) return;
    for (const std::int64_t number : {0L, 1L, -1L, 9'999L, 10'000L, 20'000L, 123'456'789L,
                                      -40'000'000L, 8'000'000'000'000'001L}) {
      CAPTURE(number);
      const auto told = session.with("SELECT ?::BIGINT, ?::BIGINT::NUMERIC", number, number);
      REQUIRE(told);
      CHECK(told->number(0, 0) == number);
      CHECK(told->number(0, 1) == number);
    }
    const auto told =
        session.with("SELECT ?::SMALLINT, ?::INT, TRUE, NULL::BYTEA, ?::TEXT", -2, 70'000, "7");
    REQUIRE(told);
    CHECK(told->number(0, 0) == -2);
    CHECK(told->number(0, 1) == 70'000);
    CHECK(told->number(0, 2) == 1);
    CHECK(told->is_null(0, 3));
    CHECK(told->text(0, 4) == "7");
    const auto refused = session.with("SELECT 1.5::FLOAT8");
    REQUIRE(!refused);
    CHECK(has(refused.error().text, "a type that is not expected (701)"));
  });
}

TEST_CASE("database: texts that are no UTF-8 are stored, bodies byte for byte") {
  in_each([](Tables& tables) {
    Message message = event("work", std::string("\xff\x00\xfe", 3));
    message.trail.error = "caf\xe9";
    const NewEvent broken{"high", &message};
    REQUIRE(tables->insert({&broken, 1}));
    const auto row =
        tables->session().execute("SELECT error, params FROM " + tables->dialect().events);
    REQUIRE(row);
    CHECK(row->text(0, 0) == "caf\xEF\xBF\xBD");
    CHECK((row->text(0, 1) == message.body));
  });
}

TEST_CASE("database: tables of a newer version are left alone") {
  in_each([](Tables& tables) {
    REQUIRE(tables->session().execute("UPDATE " + tables->dialect().schema + " SET version = 99"));
    const auto again = QueueTables::open(tables.url(), tables.name(), "broker_tests", 10s, 10s);
    REQUIRE_FALSE(again);
    CHECK(again.error().text.find("upgrade this program") != std::string::npos);
  });
}

}  // namespace actiond::test
