// What only a queue in a database has to show: claims, owners, and what they wait for.
#include <algorithm>

#include "broker/backlog.hpp"
#include "broker/sql/claims.hpp"
#include "broker/sql/owner.hpp"
#include "broker/sql/queue_starts.hpp"
#include "broker/sql/sql_later.hpp"
#include "broker/sql/sql_look.hpp"
#include "broker/store/look_pace.hpp"
#include "tables.hpp"

namespace actiond::test {
namespace {

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

TEST_CASE("database: the plans of looks at what waits read the beginning of one index, too") {
  in_each([](Tables& tables) {
    tables.store("high", 500);
    tables.store("low", 500);
    const auto& sql = tables->dialect();
    if (sql.has_returning) REQUIRE(tables->session().execute("ANALYZE " + sql.events));
    auto later = next_later_statement(sql);
    later.replace(later.find('?'), 1, "'low'");
    for (const auto& statement : {"SELECT " + oldest_ready_query(sql, "'low'"), later}) {
      const auto plan = tables.plan(statement);
      CAPTURE(plan);
      CHECK(contains(plan, sql.has_returning ? "_waiting" : "ready"));
      for (const char* word : {"Sort", "filesort", "temporary", "Seq Scan"})
        CHECK_FALSE(contains(plan, word));
    }
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

TEST_CASE("database: what is moved to another broker is taken in pages, and may take its time") {
  in_each([](Tables& tables) {
    const Message large = event("work", std::string(20 << 20, ' ')), small = event("work");
    for (const auto* each : {&large, &small, &large, &small}) {
      const NewEvent one{"high", each};
      REQUIRE(tables->insert({&one, 1}));
    }
    const Elsewhere place(tables.url(), tables.name());
    auto backlog = open_backlog(place.config(), "broker_tests", 10s);
    REQUIRE(backlog);
    for (const std::size_t expected : {2U, 2U, 0U}) {
      const auto page = (*backlog)->take(500);
      REQUIRE(page);
      CHECK(page->size() == expected);
      REQUIRE((*backlog)->remove(*page));
    }
    REQUIRE((*backlog)->close());
    const auto& sql = tables->dialect();
    for (const auto& setting : sql.owner_settings) REQUIRE(tables->session().execute(setting));
    REQUIRE(tables->session().execute(sql.late_idle_limit));
    const bool is_mysql = sql.listen.empty();
    CHECK(tables.number(is_mysql ? "SELECT @@wait_timeout"
                                 : "SELECT EXTRACT(EPOCH FROM current_setting("
                                   "'idle_session_timeout')::INTERVAL)::INT") == 900);
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

}  // namespace actiond::test
