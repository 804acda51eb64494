// A session with a database server: how long it waits, and what others may have set for it.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <thread>

#include "client/sql/backend_module.hpp"
#include "tables.hpp"

namespace actiond::test {
namespace {

using action::sql::Session;
using action::sql::Trouble;

std::unique_ptr<Session> session(const std::string& address, std::chrono::milliseconds patience) {
  const auto url = action::sql::parse_database_url(address);
  REQUIRE(url);
  auto opened = action::sql::open_session(*url, "broker_tests", 10s, patience);
  if (!opened) FAIL(opened.error().text);
  return std::move(*opened);
}

// What a server of PostgreSQL sends: the type, the length, the contents.
std::string packet(char type, const std::string& contents) {
  const auto length = htonl(static_cast<std::uint32_t>(contents.size() + 4));
  return type + std::string(reinterpret_cast<const char*>(&length), sizeof length) + contents;
}

std::string parameter(const std::string& name, const std::string& value) {
  return packet('S', name + '\0' + value + '\0');
}

// Serves one connection by `serve`. Returns why it came to nothing.
std::string served_by(const std::function<void(int)>& serve) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof place;
  auto* const address = reinterpret_cast<sockaddr*>(&place);
  REQUIRE(::bind(listener, address, size) == 0);
  REQUIRE(::listen(listener, 1) == 0);
  REQUIRE(::getsockname(listener, address, &size) == 0);
  std::thread server([listener, &serve] {
    const int one = ::accept(listener, nullptr, nullptr);
    serve(one);
    ::close(one);
  });
  const auto url = action::sql::parse_database_url(
      fmt::format("postgresql://u:p@127.0.0.1:{}/d?tls=off", ntohs(place.sin_port)));
  const auto opened = action::sql::open_session(*url, "broker_tests", 10s, 10s);
  server.join();
  ::close(listener);
  REQUIRE_FALSE(opened);
  return opened.error().text;
}

std::string receive(int connection) {
  char bytes[1024];
  const auto got = ::read(connection, bytes, sizeof bytes);
  return {bytes, static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
}

void send(int connection, const std::string& bytes) {
  (void)!::write(connection, bytes.data(), bytes.size());
}

// What is said where a server refuses a connection with this text.
std::string refusal(const std::string& text) {
  return served_by([&text](int connection) {
    receive(connection);
    send(connection, packet('E', std::string("SFATAL\0VFATAL\0C53300\0M", 22) + text +
                                     std::string("\0HAn advice.\0\0", 14)));
  });
}

// What a server of this version is asked to set for a connection.
std::string settings_for(const std::string& version) {
  std::string settings;
  served_by([&](int connection) {
    const std::string pid{0, 0, 0, 7}, ready = packet('Z', "I");
    receive(connection);
    send(connection, packet('R', std::string(4, '\0')) + parameter("server_version", version) +
                         parameter("server_encoding", "UTF8") + packet('K', pid + pid) + ready);
    receive(connection);  // who it is
    const std::string column = std::string("p\0", 2) + std::string(6, '\0') +
                               std::string{0, 0, 0, 23, 0, 4, -1, -1, -1, -1, 0, 0};
    send(connection, packet('T', std::string{0, 1} + column) +
                         packet('D', std::string{0, 1, 0, 0, 0, 1, '7'}) +
                         packet('C', std::string("SELECT 1\0", 9)) + ready);
    settings = receive(connection);
  });
  return settings;
}

// A statement that MariaDB works at for ever.
std::string endless_rows(const std::string& what) {
  std::string sql = "WITH d AS (SELECT 1 AS n UNION ALL SELECT 2) SELECT " + what + " FROM d AS d0";
  for (int i = 1; i < 50; ++i) sql += fmt::format(", d AS d{}", i);
  return sql;
}

// A statement of the server's root, by scripts/NAME.
void as_root(const std::string& name, const char* directory, const std::string& sql) {
  const auto command = fmt::format("{}/{} --dir '{}' sql >/dev/null <<'END'\n{}\nEND\n",
                                   SCRIPTS_DIR, name, directory, sql);
  REQUIRE(std::system(command.c_str()) == 0);
}

// What the administrator sets for everybody, for as long as this lives.
class ShortTime {
 public:
  explicit ShortTime(const std::string& url) : is_mysql_(url.starts_with("mysql")) {
    set(is_mysql_ ? "SET GLOBAL max_statement_time = 0.3"
                  : "ALTER ROLE action SET statement_timeout = '300ms'");
  }
  ~ShortTime() {
    set(is_mysql_ ? "SET GLOBAL max_statement_time = 0"
                  : "ALTER ROLE action RESET statement_timeout");
  }
  ShortTime(const ShortTime&) = delete;
  ShortTime& operator=(const ShortTime&) = delete;

 private:
  void set(const std::string& sql) const {
    as_root(is_mysql_ ? "mysql" : "postgresql",
            std::getenv(is_mysql_ ? "ACTION_TEST_MYSQL_DIR" : "ACTION_TEST_POSTGRESQL_DIR"), sql);
  }
  bool is_mysql_;
};

}  // namespace

TEST_CASE("database: a time that its administrator gives to statements ends none of ours") {
  in_each([](Tables& tables) {
    const bool is_mysql = tables->dialect().listen.empty();
    const ShortTime time(tables.url());
    const auto one = session(tables.url(), 10s);
    const auto slept =
        one->execute(is_mysql ? "SELECT SLEEP(0.6)" : "SELECT 0 FROM (SELECT pg_sleep(0.6)) AS s");
    if (!slept) FAIL(slept.error().text);
    CHECK(slept->number(0, 0) == 0);  // it was not woken
    // One that is ended anyway may be done anew.
    REQUIRE(
        one->execute(is_mysql ? "SET max_statement_time = 0.1" : "SET statement_timeout = 100"));
    const auto endless = one->execute(is_mysql ? endless_rows("COUNT(*)") : "SELECT pg_sleep(60)");
    REQUIRE_FALSE(endless);
    CHECK(one->trouble() == Trouble::Again);
  });
}

TEST_CASE("database: MariaDB's statement that fails among its rows has failed") {
  const char* const url = std::getenv("ACTION_TEST_MYSQL");
  if (url == nullptr) SKIP_TEST("ACTION_TEST_MYSQL names no server");
  const auto one = session(url, 10s);
  REQUIRE(one->execute("SET max_statement_time = 0.1"));
  const auto endless = one->execute(endless_rows("1"));
  REQUIRE_FALSE(endless);
  CHECK(endless.error().text.find("max_statement_time") != std::string::npos);
}

TEST_CASE("database: to interrupt a connection that is lost touches nobody else's") {
  const char* const url = std::getenv("ACTION_TEST_MYSQL");
  if (url == nullptr) SKIP_TEST("ACTION_TEST_MYSQL names no server");
  const auto one = session(url, 10s);
  REQUIRE_FALSE(one->execute("KILL CONNECTION_ID()"));
  REQUIRE_FALSE(one->execute("SELECT 1"));
  CHECK(one->trouble() == Trouble::Lost);
  int pair[2];  // has the lowest numbers that are free
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  one->interrupt();
  for (const int end : pair) CHECK(::send(end, "x", 1, MSG_NOSIGNAL) == 1);
  for (const int end : pair) ::close(end);
}

TEST_CASE("database: a time that PostgreSQL gives to transactions ends none of ours") {
  if (std::getenv("ACTION_TEST_POSTGRESQL") == nullptr)  // its module may be missing, too
    SKIP_TEST("ACTION_TEST_POSTGRESQL names no server");
  const std::string setting = "SET transaction_timeout = 0";
  const auto older = settings_for("16.9"), newer = settings_for("17.0");
  CHECK(older.find("SET statement_timeout = 0") != std::string::npos);
  CHECK(older.find(setting) == std::string::npos);  // which it does not know
  CHECK(newer.find(setting) != std::string::npos);
}

TEST_CASE("database: what PostgreSQL says against a connection leads to the right advice") {
  if (std::getenv("ACTION_TEST_POSTGRESQL") == nullptr)  // its module may be missing, too
    SKIP_TEST("ACTION_TEST_POSTGRESQL names no server");
  const auto has = [](const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
  };
  const auto full =
      refusal("Connection refused\n\tIs it running?\nsorry, too many clients already");
  CHECK_MESSAGE(has(full, "raise max_connections there"), full);
  CHECK_MESSAGE(has(full, "(sorry, too many clients already)"), full);
  const auto stranger = refusal("no pg_hba.conf entry for host \"h\", SSL off");
  CHECK_MESSAGE(has(stranger, "add a line to its pg_hba.conf"), stranger);
}

TEST_CASE("database: PostgreSQL may take long for an answer, but not say nothing for long") {
  const char* const url = std::getenv("ACTION_TEST_POSTGRESQL");
  if (url == nullptr) SKIP_TEST("ACTION_TEST_POSTGRESQL names no server");
  const auto one = session(url, 1s);
  // Rows that are larger than what the server gathers before it sends.
  const auto told =
      one->execute("SELECT repeat('x', 20000), pg_sleep(0.3)::TEXT FROM generate_series(1, 6)");
  if (!told) FAIL(told.error().text);
  CHECK(told->rows() == 6);
  const auto silent = one->execute("SELECT pg_sleep(60)");
  REQUIRE_FALSE(silent);
  CHECK(silent.error().text.find("it does not answer") != std::string::npos);
  CHECK(one->trouble() == Trouble::Lost);
}

}  // namespace actiond::test
