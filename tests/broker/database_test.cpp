// What only a queue in a database has to show.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>

#include "broker/sql/claims.hpp"
#include "broker/sql/owner.hpp"
#include "broker/sql/queue_starts.hpp"
#include "broker/store/look_pace.hpp"
#include "place.hpp"
#include "skipping.hpp"

namespace actiond::test {
namespace {

using action::sql::NewEvent;
using action::sql::QueueTables;

// Tables of their own, gone at the end.
class Tables {
 public:
  explicit Tables(std::string url)
      : url_(std::move(url)), name_(fmt::format("database_{}", ::getpid())) {
    auto opened = QueueTables::open(url_, name_, "broker_tests", 10s, 10s);
    if (!opened) FAIL(opened.error().text);
    tables_ = std::move(*opened);
    for (const char* queue : {"high", "low"}) REQUIRE(tables_->add_queue(queue));
  }
  ~Tables() {
    const auto& sql = tables_->dialect();
    for (const auto& table :
         {sql.events, sql.owners, sql.counts, sql.queues, sql.pauses, sql.schema})
      (void)tables_->session().execute("DROP TABLE " + table);
  }
  QueueTables& operator*() { return *tables_; }
  QueueTables* operator->() { return tables_.get(); }

  void store(const std::string& queue, int count) {
    const Message message = event("work");
    const std::vector<NewEvent> events(static_cast<std::size_t>(count), NewEvent{queue, &message});
    REQUIRE(tables_->transaction([&] { return tables_->insert(events); }));
  }
  std::string plan(const std::string& statement) {
    const auto plan = tables_->session().execute("EXPLAIN " + statement);
    if (!plan) FAIL(plan.error().text);
    std::string all;
    for (std::size_t row = 0; row < plan->rows(); ++row)
      for (std::size_t column = 0; column < plan->columns(); ++column)
        all += std::string(plan->text(row, column)) + " ";
    return all;
  }
  std::int64_t number(const std::string& sql) {
    const auto answer = tables_->session().execute(sql);
    if (!answer) FAIL(answer.error().text);
    return answer->number(0, 0);
  }
  const std::string& name() const { return name_; }
  const std::string& url() const { return url_; }

 private:
  std::string url_, name_;
  std::unique_ptr<QueueTables> tables_;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Of 100 events of "low", with its values in it.
std::string claim_of(QueueTables& tables) {
  const auto& sql = tables.dialect();
  std::string claim = sql.has_returning ? claim_statement(sql) : ready_statement(sql);
  for (const char* value : {"'low'", "0", "100", "1"})
    if (const auto mark = claim.find('?'); mark != std::string::npos) claim.replace(mark, 1, value);
  return claim;
}

// The same tables, for a poller.
class Elsewhere : public Place {
 public:
  Elsewhere(const std::string& url, const std::string& application) : Place("database", url) {
    config_.application = application;
  }
  void take_away() override {}
};

// Does `test` in each of the servers that are here.
void in_each(const std::function<void(Tables&)>& test) {
  for (const char* variable : {"ACTION_TEST_MYSQL", "ACTION_TEST_POSTGRESQL"}) {
    CAPTURE(variable);
    const char* const url = std::getenv(variable);
    if (url == nullptr) {
      PARTLY_SKIPPED(variable, " names no server");
      continue;
    }
    Tables tables(url);
    test(tables);
  }
}

}  // namespace

TEST_CASE("database: the plan of a claim reads one index in order and sorts nothing") {
  in_each([](Tables& tables) {
    tables.store("high", 500);
    tables.store("low", 500);
    auto owner = DatabaseOwner::enter(*tables, "one");  // with its settings
    REQUIRE(owner);
    const auto plan = tables.plan(claim_of(*tables));
    CAPTURE(plan);
    const bool is_in_order = contains(plan, tables->dialect().has_returning ? "_waiting" : "ready");
    CHECK(is_in_order);
    CHECK_FALSE(contains(plan, "Sort"));
    CHECK_FALSE(contains(plan, "filesort"));
    CHECK_FALSE(contains(plan, "temporary"));
  });
}

TEST_CASE("database: events are found by number, even where the planner believes there are none") {
  in_each([](Tables& tables) {
    const auto& sql = tables->dialect();
    if (!sql.has_returning) return;
    tables.store("low", 5000);
    for (const char* statement : {"DELETE FROM {}", "VACUUM (TRUNCATE FALSE, ANALYZE) {}"})
      REQUIRE(tables->session().execute(fmt::format(fmt::runtime(statement), sql.events)));
    tables.store("low", 500);
    auto owner = DatabaseOwner::enter(*tables, "one");
    REQUIRE(owner);
    std::string numbers = "1";
    for (int i = 2; i <= 256; ++i) numbers += ", " + std::to_string(i);
    for (const auto& statement :
         {claim_of(*tables),
          fmt::format("DELETE FROM {} WHERE owner = 1 AND seq IN ({})", sql.events, numbers)}) {
      const auto plan = tables.plan(statement);
      CAPTURE(plan);
      CHECK(contains(plan, "events_pkey"));
      CHECK_FALSE(contains(plan, "Nested Loop"));
    }
  });
}

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

TEST_CASE("database: where to begin to read is behind what was taken, for a second") {
  QueueStarts starts(2);
  const MonotonicTime now = monotonic_now();
  CHECK(starts.at(now) == std::vector<std::int64_t>{kBeginning, kBeginning});
  starts.taken(1, 5000);
  CHECK(starts.at(now + 999ms) == std::vector<std::int64_t>{kBeginning, 5000});
  CHECK(starts.at(now + 1s) == std::vector<std::int64_t>{kBeginning, kBeginning});
  starts.taken(0, 7000);
  starts.restart();
  CHECK(starts.at(now + 1001ms) == std::vector<std::int64_t>{kBeginning, kBeginning});
}

TEST_CASE("database: a claim takes fewer events of many bytes, the others stay") {
  in_each([](Tables& tables) {
    const Message large = event("work", std::string(20 << 20, ' '));
    for (int i = 0; i < 3; ++i) {
      const NewEvent one{"high", &large};
      REQUIRE(tables->insert({&one, 1}));
    }
    auto owner = DatabaseOwner::enter(*tables, "one");
    REQUIRE(owner);
    DatabaseClaims claims(*tables, owner->id());
    for (const std::size_t expected : {2U, 1U}) {
      DatabaseClaims::Taken taken;
      REQUIRE(tables->transaction([&]() -> Result<void> {
        auto some = claims.take("high", 100, 0);
        if (!some) return some.error();
        taken = std::move(*some);
        return {};
      }));
      CHECK(taken.seqs.size() == expected);
      CHECK(taken.may_have_more == (expected == 2));
    }
  });
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
      CHECK(contains(refused.error().text, "there is no queue 'hihg': correct its name"));
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
    CHECK(contains(refused.error().text, "a type that is not expected (701)"));
  });
}

TEST_CASE("database: who is idle is woken by a server that tells of events") {
  in_each([](Tables& tables) {
    if (tables->dialect().listen.empty()) return;
    const Elsewhere place(tables.url(), tables.name());
    Consumer consumer(place);
    const auto listeners = [&tables] {
      return tables.number(
          "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock'");
    };
    std::vector<std::chrono::nanoseconds> waits;
    for (int i = 0; i < 9; ++i) {
      consumer.until([&] { return listeners() == 1; });
      const auto stored = std::chrono::steady_clock::now();
      tables.store("low", 1);  // which rings no bell of this machine
      consumer.take(1);
      waits.push_back(std::chrono::steady_clock::now() - stored);
    }
    std::sort(waits.begin(), waits.end());
    CHECK(waits[4] < LookPace::kListening / 3);
    tables.store("low", 500);
    consumer.until([&] { return listeners() == 0; });  // its hands are full
  });
}

TEST_CASE("database: who has a key in an open transaction keeps waiting what has that key alone") {
  in_each([](Tables& tables) {
    const Elsewhere place(tables.url(), tables.name());
    Consumer consumer(place);
    auto& others = tables->session();
    const auto execute = [&](const std::string& statement) { REQUIRE(others.execute(statement)); };
    for (const std::string end : {"ROLLBACK", "COMMIT"}) {
      CAPTURE(end);
      Message keyed = event("keyed");
      keyed.unique = {.key = end, .is_asked = true};
      execute("START TRANSACTION");
      execute("INSERT INTO " + tables->dialect().events +
              " (queue, event, unique_key) VALUES ('low', 'theirs', '" + end + "')");
      REQUIRE(consumer.broker->publish("low", keyed));
      for (int i = 0; i < 3; ++i) {  // all else goes on
        enqueue(place, "high", {event("other")});
        const Seen seen = consumer.take(1).front();
        CHECK(seen.message.event == "other");
        consumer.acknowledge(seen);
      }
      CHECK(consumer.published == 0);
      execute(end);
      consumer.until([&] { return consumer.published == 1; });
      consumer.published = 0;
      const Seen seen = consumer.take(1).front();
      CHECK(seen.message.event == (end == "ROLLBACK" ? "keyed" : "theirs"));
      CHECK(consumer.refusals.size() == (end == "ROLLBACK" ? 0 : 1));
      consumer.acknowledge(seen);
      REQUIRE(consumer.turn(100ms));
    }
  });
}

TEST_CASE("database: an owner that was given up is told so, and settles nothing") {
  in_each([](Tables& tables) {
    tables.store("high", 2);
    auto owner = DatabaseOwner::enter(*tables, "one");
    REQUIRE(owner);
    DatabaseClaims claims(*tables, owner->id());
    DatabaseClaims::Taken taken;
    REQUIRE(tables->transaction([&]() -> Result<void> {
      auto some = claims.take("high", 2, 0);
      if (!some) return some.error();
      taken = std::move(*some);
      return {};
    }));
    REQUIRE(taken.seqs.size() == 2);
    CHECK(owner->check_alive());
    REQUIRE(owner->leave());  // as the others do it with one that is dead
    CHECK_FALSE(owner->check_alive());
    const auto settled = claims.acknowledge(taken.seqs);
    REQUIRE(settled);
    CHECK(*settled == 0);
    CHECK(tables.number("SELECT COUNT(*) FROM " + tables->dialect().events +
                        " WHERE state = 0 AND is_redelivered = 1") == 2);
  });
}

TEST_CASE("database: what an owner has counted outlives it") {
  in_each([](Tables& tables) {
    auto owner = DatabaseOwner::enter(*tables, "one");
    REQUIRE(owner);
    REQUIRE(DatabaseClaims(*tables, owner->id()).count("high", 3, 1));
    REQUIRE(owner->leave());
    auto next = DatabaseOwner::enter(*tables, "two");
    REQUIRE(next);
    REQUIRE(DatabaseClaims(*tables, next->id()).count("high", 4, 0));
    CHECK(tables.number("SELECT SUM(done) FROM " + tables->dialect().counts) == 7);
    CHECK(tables.number("SELECT SUM(failed) FROM " + tables->dialect().counts) == 1);
    REQUIRE(next->leave());
    CHECK(tables.number("SELECT COUNT(*) FROM " + tables->dialect().counts) == 1);
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
