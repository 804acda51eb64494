// An event that a program queues within a transaction of its own, by the headers that are made for
// it: what it says of the event is in the row, and nothing is there of one that is rolled back.
#include <action/mysql.hpp>
#include <action/postgresql.hpp>
#include <cstdlib>
#include <memory>

#include "database_site.hpp"

namespace {

constexpr const char* kShopTrace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

std::string port_of(const Server& server) {
  const auto at = server.url.rfind(':') + 1;
  return server.url.substr(at, server.url.rfind('/') - at);
}

// The program's own connection.
class Shop {
 public:
  virtual ~Shop() = default;
  virtual void say(const std::string& statement) = 0;
  virtual std::string queue(const action::QueueOptions& options) = 0;

  std::string name = "Ann";  // whom its events greet
};

class MysqlShop : public Shop {
 public:
  explicit MysqlShop(const Server& server) : shop_(::mysql_init(nullptr), ::mysql_close) {
    REQUIRE(::mysql_real_connect(shop_.get(), "127.0.0.1", "action", "action", "action",
                                 static_cast<unsigned>(std::stoi(port_of(server))), nullptr, 0));
  }
  void say(const std::string& statement) override {
    REQUIRE(::mysql_query(shop_.get(), statement.c_str()) == 0);
  }
  std::string queue(const action::QueueOptions& options) override {
    return action::mysql::queue_action_event(shop_.get(), "hello_world", {{"name", name}}, options,
                                             rabbit::application());
  }

 private:
  std::unique_ptr<MYSQL, decltype(&::mysql_close)> shop_;
};

class PostgresqlShop : public Shop {
 public:
  explicit PostgresqlShop(const Server& server)
      : shop_(::PQconnectdb(server.url.c_str()), ::PQfinish) {
    REQUIRE_MESSAGE(::PQstatus(shop_.get()) == CONNECTION_OK, ::PQerrorMessage(shop_.get()));
  }
  void say(const std::string& statement) override {
    ::PQclear(::PQexec(shop_.get(), statement.c_str()));
  }
  std::string queue(const action::QueueOptions& options) override {
    return action::postgresql::queue_action_event(shop_.get(), "hello_world", {{"name", name}},
                                                  options, rabbit::application());
  }

 private:
  std::unique_ptr<PGconn, decltype(&::PQfinish)> shop_;
};

std::unique_ptr<Shop> shop_at(const Server& server) {
  if (server.name == "mysql") return std::make_unique<MysqlShop>(server);
  return std::make_unique<PostgresqlShop>(server);
}

std::string row_of(const Server& server, const std::string& id) {
  return server.ask(
      "SELECT CONCAT(queue, ' ', COALESCE(trace_parent, '-'), ' ', COALESCE(trace_state, '-'), ' ',"
      " CASE expires_at_ms WHEN 0 THEN 0 ELSE expires_at_ms - due_ms END)"
      " FROM {}_events WHERE id = '" +
      id + "'");
}

}  // namespace

TEST_CASE("transaction: an event of one's own is in the row as it was asked for, or not at all") {
  in_each([](const Server& server) {
    DatabaseSite site(server, {"hello_world"});
    REQUIRE(site.actiond({"setup"}).status == 0);
    const auto shop = shop_at(server);

    shop->say("BEGIN");
    const auto never = shop->queue({.queue = "high"});
    shop->say("ROLLBACK");
    shop->say("BEGIN");
    const auto plain = shop->queue({});
    const auto traced = shop->queue({.queue = "high", .trace = {kShopTrace, "rojo=1"}});
    const auto both = shop->queue({.trace = {kShopTrace, ""}, .expires = 10min});
    CHECK(row_of(server, plain).empty());
    shop->say("COMMIT");

    CHECK(row_of(server, never).empty());
    CHECK(row_of(server, plain) == "medium - - 0");
    CHECK(row_of(server, traced) == std::string("high ") + kShopTrace + " rojo=1 0");
    CHECK(row_of(server, both) == std::string("medium ") + kShopTrace + " - 600000");
    site.start();
    for (const auto& id : {plain, traced, both}) CHECK(site.wait_for_log("hello_world id=" + id));
    CHECK(wait_until([&] { return site.is_drained(); }));
    CHECK_FALSE(contains(site.log(), never));
  });
}

TEST_CASE("transaction: what a program of another encoding queues is what it meant") {
  in_each([](const Server& server) {
    if (server.name == "mysql") return;
    DatabaseSite site(server, {"hello_world"});
    REQUIRE(site.actiond({"setup"}).status == 0);
    const auto shop = shop_at(server);
    shop->name = "Jos\u00e9";
    for (const char* encoding : {"LATIN1", "UTF8"}) {
      shop->say(std::string("SET client_encoding TO ") + encoding);
      CHECK(server.ask("SELECT encode(params, 'escape') FROM {}_events WHERE id = '" +
                       shop->queue({}) + "'") == R"({"name": "Jos\303\251"})");
    }
  });
}

TEST_CASE("transaction: without a trace of its own an event has the program's") {
  in_each([](const Server& server) {
    DatabaseSite site(server, {});
    REQUIRE(site.actiond({"setup"}).status == 0);
    const auto shop = shop_at(server);
    ::setenv("TRACEPARENT", kShopTrace, 1);
    const auto id = shop->queue({});
    ::unsetenv("TRACEPARENT");
    CHECK(row_of(server, id) == std::string("medium ") + kShopTrace + " - 0");
  });
}
