#include "mysql_session.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>

#include "client/sql/backend_module.hpp"
#include "mysql_errors.hpp"

namespace action::sql {
namespace {

constexpr unsigned long kOldestMariaDb = 100600, kOldestMySql = 80013;
constexpr std::size_t kMostStatements = 64;  // kept; they are few, and of fixed texts
constexpr unsigned long kMostFromServer = 1UL << 30;

// What a row's column is read into.
struct Column {
  std::vector<char> bytes;
  long long number = 0;
  unsigned long size = 0;
  my_bool is_null = 0;
  bool is_number = false;
};

bool is_number(const MYSQL_FIELD& field) {
  return field.type == MYSQL_TYPE_TINY || field.type == MYSQL_TYPE_SHORT ||
         field.type == MYSQL_TYPE_LONG || field.type == MYSQL_TYPE_INT24 ||
         field.type == MYSQL_TYPE_LONGLONG;
}

void bind_column(const MYSQL_FIELD& field, Column& column, MYSQL_BIND& bind) {
  column.is_number = is_number(field);
  bind.is_null = &column.is_null;
  bind.length = &column.size;
  if (column.is_number) {
    bind.buffer_type = MYSQL_TYPE_LONGLONG;
    bind.buffer = &column.number;
    return;
  }
  column.bytes.resize(std::max<std::size_t>(field.max_length, 32));  // a DECIMAL is short
  bind.buffer_type = MYSQL_TYPE_STRING;
  bind.buffer = column.bytes.data();
  bind.buffer_length = column.bytes.size();
}

void add(const Column& column, Answer& answer) {
  if (column.is_null != 0)
    answer.add_null();
  else if (column.is_number)
    answer.add_number(column.number);
  else
    answer.add_text({column.bytes.data(), std::min<std::size_t>(column.size, column.bytes.size())});
}

unsigned int seconds(std::chrono::milliseconds time) {
  return static_cast<unsigned int>(std::max<long>(1, (time.count() + 999) / 1000));
}

}  // namespace

Result<std::unique_ptr<Session>> MysqlSession::open(const DatabaseUrl& url, const std::string& name,
                                                    std::chrono::milliseconds timeout,
                                                    std::chrono::milliseconds patience) {
  static std::once_flag begun;
  std::call_once(begun, [] { ::mysql_library_init(0, nullptr, nullptr); });
  std::unique_ptr<MysqlSession> session(new MysqlSession(url));
  session->set_options(name, timeout, patience);
  if (auto connected = session->connect(); !connected) return connected.error();
  if (auto checked = session->check_server(); !checked) return checked.error();
  return std::unique_ptr<Session>(std::move(session));
}

MysqlSession::~MysqlSession() {
  statements_.clear();
  ::mysql_close(raw_);
  if (socket_ >= 0) ::close(socket_);
}

void MysqlSession::set_options(const std::string& name, std::chrono::milliseconds timeout,
                               std::chrono::milliseconds patience) {
  const auto set = [this](mysql_option option, const void* value) {
    ::mysql_optionsv(raw_, option, value);
  };
  const unsigned int connect_timeout = seconds(timeout), answer_timeout = seconds(patience);
  const unsigned long most = kMostFromServer;
  const my_bool yes = 1, is_verified = url_.tls == Tls::Verify ? 1 : 0;
  set(MYSQL_OPT_CONNECT_TIMEOUT, &connect_timeout);
  set(MYSQL_OPT_READ_TIMEOUT, &answer_timeout);
  set(MYSQL_OPT_WRITE_TIMEOUT, &answer_timeout);
  set(MYSQL_OPT_MAX_ALLOWED_PACKET, &most);
  set(MYSQL_SET_CHARSET_NAME, "utf8mb4");
  ::mysql_optionsv(raw_, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", name.c_str());
  set(MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &is_verified);
  const unsigned int protocol = MYSQL_PROTOCOL_TCP;  // also to localhost
  if (url_.socket.empty()) set(MYSQL_OPT_PROTOCOL, &protocol);
  if (url_.tls == Tls::Off) return;
  set(MYSQL_OPT_SSL_ENFORCE, &yes);
  if (!url_.ca_file.empty()) set(MYSQL_OPT_SSL_CA, url_.ca_file.c_str());
  if (!url_.certificate_file.empty()) set(MYSQL_OPT_SSL_CERT, url_.certificate_file.c_str());
  if (!url_.key_file.empty()) set(MYSQL_OPT_SSL_KEY, url_.key_file.c_str());
}

Result<void> MysqlSession::connect() {
  const bool is_local = !url_.socket.empty();
  const auto* const connected = ::mysql_real_connect(
      raw_, is_local ? nullptr : url_.host.c_str(), url_.user.c_str(), url_.password.c_str(),
      url_.database.c_str(), static_cast<unsigned int>(url_.port),
      is_local ? url_.socket.c_str() : nullptr, CLIENT_FOUND_ROWS);
  if (connected == nullptr)
    return Error{connect_error(url_, ::mysql_errno(raw_), ::mysql_error(raw_))};
  // Connector/C closes its own where the connection is lost, and the number may be somebody else's
  // by the time of an interrupt.
  socket_ = ::fcntl(static_cast<int>(::mysql_get_socket(raw_)), F_DUPFD_CLOEXEC, 0);
  if (socket_ >= 0) return {};
  return Error{fmt::format("can't reach {}: {}", url_.shown, std::strerror(errno))};
}

// The server's kind and age, and what all sessions need.
Result<void> MysqlSession::check_server() {
  const auto version = ::mysql_get_server_version(raw_);
  const bool is_mariadb = std::strstr(::mysql_get_server_info(raw_), "MariaDB") != nullptr;
  if (version < (is_mariadb ? kOldestMariaDb : kOldestMySql))
    return Error{
        fmt::format("{} is {} {}, which is too old to keep queues: it takes MariaDB 10.6 "
                    "or MySQL 8.0.13",
                    url_.shown, is_mariadb ? "MariaDB" : "MySQL", ::mysql_get_server_info(raw_))};
  const auto galera = execute("SHOW GLOBAL VARIABLES LIKE 'wsrep_on'");
  if (!galera) return galera.error();
  if (galera->rows() > 0 && galera->text(0, 1) == "ON")
    return Error{
        fmt::format("{} is a node of a Galera cluster, which has no locks that tell who "
                    "lives: name a server that is none",
                    url_.shown)};
  // Whatever the server's administrator has set for its sessions: a statement outside of a
  // transaction is one by itself, and takes the time that it needs.
  for (const char* setting :
       {"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
        "SET SESSION autocommit = 1, sql_safe_updates = 0",
        is_mariadb ? "SET SESSION max_statement_time = 0" : "SET SESSION max_execution_time = 0"})
    if (const auto set = execute(setting); !set) return set.error();
  const auto most = execute("SELECT @@max_allowed_packet");
  if (!most) return most.error();
  most_bytes_ = static_cast<std::size_t>(most->number(0, 0));
  return {};
}

void MysqlSession::interrupt() {
  ::shutdown(socket_, SHUT_RDWR);
}

Error MysqlSession::failed(unsigned number, const char* message) {
  set_trouble(trouble_of(number));
  if (trouble() == Trouble::Lost) interrupt();  // so that the server knows it as well
  return {statement_error(url_, trouble(), message)};
}

Result<Answer> MysqlSession::execute(const std::string& sql) {
  set_trouble(Trouble::None);
  if (::mysql_real_query(raw_, sql.data(), sql.size()) != 0)
    return failed(::mysql_errno(raw_), ::mysql_error(raw_));
  Answer answer;
  answer.changed = ::mysql_affected_rows(raw_);
  answer.last_id = static_cast<std::int64_t>(::mysql_insert_id(raw_));
  const std::unique_ptr<MYSQL_RES, decltype(&::mysql_free_result)> result(
      ::mysql_store_result(raw_), ::mysql_free_result);
  if (result == nullptr && ::mysql_errno(raw_) != 0)  // it failed among its rows
    return failed(::mysql_errno(raw_), ::mysql_error(raw_));
  if (result == nullptr) return answer;
  const unsigned columns = ::mysql_num_fields(result.get());
  answer.set_columns(columns);
  while (auto* const row = ::mysql_fetch_row(result.get())) {
    const auto* const lengths = ::mysql_fetch_lengths(result.get());
    for (unsigned i = 0; i < columns; ++i)
      if (row[i] == nullptr)
        answer.add_null();
      else
        answer.add_text({row[i], lengths[i]});
  }
  return answer;
}

Result<MYSQL_STMT*> MysqlSession::prepared(const std::string& sql) {
  if (const auto known = statements_.find(sql); known != statements_.end())
    return known->second.get();
  if (statements_.size() >= kMostStatements) statements_.clear();
  StatementPointer statement(::mysql_stmt_init(raw_));
  if (::mysql_stmt_prepare(statement.get(), sql.data(), sql.size()) != 0)
    return failed(::mysql_stmt_errno(statement.get()), ::mysql_stmt_error(statement.get()));
  const my_bool yes = 1;
  ::mysql_stmt_attr_set(statement.get(), STMT_ATTR_UPDATE_MAX_LENGTH, &yes);
  auto* const raw = statement.get();
  statements_.emplace(sql, std::move(statement));
  return raw;
}

void MysqlSession::bind(std::span<const Value> values) {
  binds_.assign(values.size(), MYSQL_BIND{});
  sizes_.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Value& value = values[i];
    MYSQL_BIND& bind = binds_[i];
    if (value.kind == Value::Kind::Null) {
      bind.buffer_type = MYSQL_TYPE_NULL;
    } else if (value.kind == Value::Kind::Number) {
      bind.buffer_type = MYSQL_TYPE_LONGLONG;
      bind.buffer = const_cast<std::int64_t*>(&value.number);
    } else {
      sizes_[i] = value.bytes.size();
      bind.buffer_type = value.kind == Value::Kind::Text ? MYSQL_TYPE_STRING : MYSQL_TYPE_LONG_BLOB;
      bind.buffer = const_cast<char*>(value.bytes.data() != nullptr ? value.bytes.data() : "");
      bind.buffer_length = sizes_[i];
      bind.length = &sizes_[i];
    }
  }
}

Result<Answer> MysqlSession::run(const std::string& sql, std::span<const Value> values) {
  set_trouble(Trouble::None);
  auto statement = prepared(sql);
  if (!statement) return statement.error();
  bind(values);
  if ((!binds_.empty() && ::mysql_stmt_bind_param(*statement, binds_.data()) != 0) ||
      ::mysql_stmt_execute(*statement) != 0)
    return failed(::mysql_stmt_errno(*statement), ::mysql_stmt_error(*statement));
  if (::mysql_stmt_field_count(*statement) > 0) return rows_of(*statement);
  Answer answer;
  answer.changed = ::mysql_stmt_affected_rows(*statement);
  answer.last_id = static_cast<std::int64_t>(::mysql_stmt_insert_id(*statement));
  return answer;
}

Result<Answer> MysqlSession::rows_of(MYSQL_STMT* statement) {
  if (::mysql_stmt_store_result(statement) != 0)
    return failed(::mysql_stmt_errno(statement), ::mysql_stmt_error(statement));
  const std::unique_ptr<MYSQL_RES, decltype(&::mysql_free_result)> described(
      ::mysql_stmt_result_metadata(statement), ::mysql_free_result);
  const auto count = ::mysql_num_fields(described.get());
  const auto* const fields = ::mysql_fetch_fields(described.get());
  std::vector<Column> columns(count);
  std::vector<MYSQL_BIND> into(count, MYSQL_BIND{});
  for (unsigned i = 0; i < count; ++i) bind_column(fields[i], columns[i], into[i]);
  ::mysql_stmt_bind_result(statement, into.data());
  Answer answer;
  answer.set_columns(count);
  int fetched = 0;
  while ((fetched = ::mysql_stmt_fetch(statement)) == 0 || fetched == MYSQL_DATA_TRUNCATED)
    for (const auto& column : columns) add(column, answer);
  if (fetched == MYSQL_NO_DATA) {
    ::mysql_stmt_free_result(statement);
    return answer;
  }
  return failed(::mysql_stmt_errno(statement), ::mysql_stmt_error(statement));
}

}  // namespace action::sql

extern "C" __attribute__((visibility("default"))) const action::sql::Driver* action_sql_driver() {
  static const action::sql::Driver driver{ACTION_VERSION, action::sql::MysqlSession::open};
  return &driver;
}
