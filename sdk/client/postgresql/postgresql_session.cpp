#include "postgresql_session.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "client/sql/backend_module.hpp"
#include "postgresql_answer.hpp"

namespace action::sql {
namespace {

using namespace std::chrono_literals;

constexpr int kOldestPostgres = 140000, kKnowsTransactionTime = 170000;
constexpr char kSystemAuthorities[] = "/etc/ssl/certs/ca-certificates.crt";

Trouble trouble_of_state(std::string_view state) {
  constexpr std::string_view kUniqueViolation = "23505";  // a key that somebody else took just now
  // Also one whose time is over (57014): that ends no connection.
  if (state == "40001" || state == "40P01" || state == "55P03" || state == "57014" ||
      state == kUniqueViolation)
    return Trouble::Again;
  if (state == "42P01" || state == "42883") return Trouble::NoTable;
  if (state == "42501") return Trouble::Forbidden;
  if (state.starts_with("08") || state.starts_with("57")) return Trouble::Lost;
  return Trouble::Refused;
}

// Without the line's end, and what follows it.
std::string first_line(const char* text) {
  const std::string_view all(text);
  return std::string(all.substr(0, all.find('\n')));
}

// Each address of the host has its line, and maybe others that give advice; the last says how it
// ended.
std::string last_line(std::string_view all) {
  std::string_view last = all.substr(0, all.find('\n'));
  while (!all.empty()) {
    const auto line = all.substr(0, all.find('\n'));
    const bool is_advice =
        line.starts_with('\t') || line.starts_with("HINT:") || line.starts_with("DETAIL:");
    if (!line.empty() && !is_advice) last = line;
    all.remove_prefix(std::min(all.size(), line.size() + 1));
  }
  return std::string(last);
}

std::string connect_sentence(const DatabaseUrl& url, std::string_view all) {
  const auto has = [all](const char* part) { return all.find(part) != std::string_view::npos; };
  const auto message = last_line(all);
  if (has("too many clients") || has("too many connections") || has("remaining connection slots"))
    return fmt::format(
        "{} takes no further connection: raise max_connections there, or the limit of the role or "
        "the database ({})",
        url.shown, message);
  if (has("authentication failed") || has("no password supplied") || has("role \""))
    return fmt::format(
        "the database server refuses the user '{}' or its password ({}): correct "
        "them in the broker's address",
        url.user, url.shown);
  if (has("database \"") && has("does not exist"))
    return fmt::format(
        "there is no database '{0}' ({1}): make it with CREATE DATABASE {0}, or "
        "correct the broker's address",
        url.database, url.shown);
  if (has("permission denied for database"))
    return fmt::format(
        "the user '{}' may not use the database '{}' ({}): as its administrator, "
        "GRANT CONNECT ON DATABASE {} TO {}",
        url.user, url.database, url.shown, url.database, url.user);
  if (has("pg_hba.conf"))
    return fmt::format(
        "{} does not let the user '{}' in from here: add a line to its pg_hba.conf ({})", url.shown,
        url.user, message);
  if (has("SSL") || has("certificate"))
    return fmt::format(
        "no safe connection to {}: {}: set the server up for TLS, name its "
        "authority with ?ca=FILE, or write ?tls=off where the network is trusted",
        url.shown, message);
  return fmt::format("can't reach {}: {}", url.shown, message);
}

const char* ssl_mode(Tls tls) {
  return tls == Tls::Verify ? "verify-full" : tls == Tls::Unverified ? "require" : "disable";
}

// "?" becomes "$1", "$2" …; no statement has one within a text.
std::string with_numbers(const std::string& sql) {
  std::string numbered;
  int number = 0;
  for (const char c : sql)
    if (c == '?')
      numbered += '$' + std::to_string(++number);
    else
      numbered += c;
  return numbered;
}

// Values as libpq wants them: numbers as text, bytes as they are.
struct Parameters {
  explicit Parameters(std::span<const Value> values) {
    texts.reserve(values.size());
    for (const auto& value : values) {
      const bool is_number = value.kind == Value::Kind::Number;
      texts.push_back(is_number ? std::to_string(value.number) : std::string(value.bytes));
      pointers.push_back(value.kind == Value::Kind::Null ? nullptr : texts.back().c_str());
      sizes.push_back(static_cast<int>(texts.back().size()));
      formats.push_back(value.kind == Value::Kind::Bytes ? kAsBytes : kAsText);
    }
  }
  std::vector<std::string> texts;
  std::vector<const char*> pointers;
  std::vector<int> sizes, formats;
};

// libpq wants the directory of …/.s.PGSQL.5432.
std::string host_of(const DatabaseUrl& url) {
  if (url.socket.empty()) return url.host;
  if (url.socket.find(".s.PGSQL.") == std::string::npos) return url.socket;
  return url.socket.substr(0, url.socket.rfind('/'));
}

}  // namespace

Result<std::unique_ptr<Session>> PostgresqlSession::open(const DatabaseUrl& url,
                                                         const std::string& name,
                                                         std::chrono::milliseconds timeout,
                                                         std::chrono::milliseconds patience) {
  std::unique_ptr<PostgresqlSession> session(new PostgresqlSession(url, patience));
  if (auto connected = session->connect(name, timeout); !connected) return connected.error();
  if (auto checked = session->check_server(); !checked) return checked.error();
  return std::unique_ptr<Session>(std::move(session));
}

Result<void> PostgresqlSession::connect(const std::string& name,
                                        std::chrono::milliseconds timeout) {
  const std::pair<const char*, std::string> parameters[] = {
      {"host", host_of(url_)},
      {"port", std::to_string(url_.port)},
      {"user", url_.user},
      {"password", url_.password},
      {"dbname", url_.database},
      {"application_name", name},
      {"connect_timeout", std::to_string(std::max<long>(2, (timeout.count() + 999) / 1000))},
      {"sslmode", ssl_mode(url_.tls)},
      {"sslrootcert", url_.ca_file.empty() ? kSystemAuthorities : url_.ca_file},
      {"sslcert", url_.certificate_file},
      {"sslkey", url_.key_file},
      {"client_encoding", "UTF8"},
      {"tcp_user_timeout", "30000"},
      {"keepalives_idle", "10"},
      {"keepalives_interval", "10"},
      {"passfile", "/dev/null"}};
  std::vector<const char*> keys, values;
  for (const auto& [key, value] : parameters) {
    keys.push_back(key);
    values.push_back(value.c_str());
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  raw_ = ::PQconnectdbParams(keys.data(), values.data(), 0);
  if (::PQstatus(raw_) == CONNECTION_OK) return {};
  return Error{connect_sentence(url_, ::PQerrorMessage(raw_))};
}

Result<void> PostgresqlSession::check_server() {
  ::PQsetNoticeProcessor(
      raw_, [](void*, const char*) {}, nullptr);
  if (::PQserverVersion(raw_) < kOldestPostgres)
    return Error{
        fmt::format("{} is PostgreSQL {}, which is too old to keep queues: it takes 14 or "
                    "later",
                    url_.shown, ::PQparameterStatus(raw_, "server_version"))};
  const std::string_view encoding = ::PQparameterStatus(raw_, "server_encoding");
  if (encoding != "UTF8" && encoding != "SQL_ASCII")
    return Error{
        fmt::format("the database {} keeps texts as {}, which has no room for most characters, and "
                    "an event that fails with one could not be stored: make a database with "
                    "ENCODING 'UTF8'",
                    url_.shown, encoding)};
  const auto pid = execute("SELECT pg_backend_pid()");
  if (!pid) return pid.error();
  if (pid->number(0, 0) != ::PQbackendPID(raw_))
    return Error{
        fmt::format("{} is a proxy that shares connections, and so keeps no lock that "
                    "tells who lives: name the server itself",
                    url_.shown)};
  // Whoever uses it looks queues up before it stores events there.
  std::string settings =
      "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED;"
      " SET action.knows_queues = 'yes'; SET statement_timeout = 0";
  if (::PQserverVersion(raw_) >= kKnowsTransactionTime) settings += "; SET transaction_timeout = 0";
  const auto set = execute(settings);
  return set ? Result<void>() : set.error();
}

void PostgresqlSession::interrupt() {
  ::shutdown(::PQsocket(raw_), SHUT_RDWR);
}

Error PostgresqlSession::lost(const std::string& why) {
  set_trouble(Trouble::Lost);
  return {fmt::format("the connection to {} is lost: {}", url_.shown, why)};
}

Error PostgresqlSession::failed(const PGresult* result) {
  const auto message = first_line(::PQerrorMessage(raw_));
  const char* const state = ::PQresultErrorField(result, PG_DIAG_SQLSTATE);
  if (state == nullptr || ::PQstatus(raw_) != CONNECTION_OK) return lost(message);
  set_trouble(trouble_of_state(state));
  if (trouble() == Trouble::Lost) return lost(message);
  if (trouble() == Trouble::Forbidden)
    return {fmt::format("{} refuses: {}: give the user that right", url_.shown, message)};
  if (trouble() == Trouble::NoTable)
    return {fmt::format("{} has lost a table: {}: run 'actiond setup'", url_.shown, message)};
  return {fmt::format("{} refuses a statement: {}", url_.shown, message)};
}

Result<PostgresqlSession::ResultPointer> PostgresqlSession::await(bool is_sent) {
  if (!is_sent) return lost(first_line(::PQerrorMessage(raw_)));
  auto end = std::chrono::steady_clock::now() + patience_;
  ResultPointer last;
  for (;;) {
    while (::PQflush(raw_) == 0 && ::PQisBusy(raw_) != 0) {
      const auto rest = end - std::chrono::steady_clock::now();
      pollfd fd{::PQsocket(raw_), POLLIN, 0};
      if (rest <= 0ms || ::poll(&fd, 1, static_cast<int>(rest / 1ms) + 1) == 0)
        return lost("it does not answer");
      if (::PQconsumeInput(raw_) == 0) return lost(first_line(::PQerrorMessage(raw_)));
      end = std::chrono::steady_clock::now() + patience_;  // a large answer takes its time
    }
    ResultPointer result(::PQgetResult(raw_));
    if (result == nullptr) break;
    const auto status = ::PQresultStatus(last.get());
    if (last == nullptr || status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
      last = std::move(result);
  }
  if (last == nullptr) return lost(first_line(::PQerrorMessage(raw_)));
  const auto status = ::PQresultStatus(last.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) return failed(last.get());
  return last;
}

Result<Answer> PostgresqlSession::execute(const std::string& sql) {
  set_trouble(Trouble::None);
  const auto result = await(::PQsendQuery(raw_, sql.c_str()) == 1);
  if (!result) return result.error();
  return answer_of(result->get());
}

bool PostgresqlSession::take_notices() {
  bool is_told = ::PQconsumeInput(raw_) == 0;
  while (PGnotify* const notice = ::PQnotifies(raw_)) {
    is_told = true;
    ::PQfreemem(notice);
  }
  return is_told;
}

Result<std::string> PostgresqlSession::prepared(const std::string& sql) {
  if (const auto known = statements_.find(sql); known != statements_.end()) return known->second;
  const auto name = "s" + std::to_string(statements_.size());
  const auto numbered = with_numbers(sql);
  const auto made = await(::PQsendPrepare(raw_, name.c_str(), numbered.c_str(), 0, nullptr) == 1);
  if (!made) return made.error();
  statements_.emplace(sql, name);
  return name;
}

Result<Answer> PostgresqlSession::run(const std::string& sql, std::span<const Value> values) {
  set_trouble(Trouble::None);
  const auto name = prepared(sql);
  if (!name) return name.error();
  const Parameters parameters(values);
  const auto result =
      await(::PQsendQueryPrepared(raw_, name->c_str(), static_cast<int>(values.size()),
                                  parameters.pointers.data(), parameters.sizes.data(),
                                  parameters.formats.data(), kAsBytes) == 1);
  if (!result) return result.error();
  if (const Oid type = unknown_type(result->get()); type != 0)
    return Error{fmt::format("{} answers with a type that is not expected ({}) to: {}", url_.shown,
                             type, sql)};
  return answer_of(result->get());
}

}  // namespace action::sql

extern "C" __attribute__((visibility("default"))) const action::sql::Driver* action_sql_driver() {
  static const action::sql::Driver driver{ACTION_VERSION, action::sql::PostgresqlSession::open};
  return &driver;
}
