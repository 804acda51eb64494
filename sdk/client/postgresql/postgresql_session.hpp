// A session with PostgreSQL, by libpq. In the module postgresql.so alone.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>

#include "client/sql/address.hpp"
#include "client/sql/session.hpp"

namespace action::sql {

class PostgresqlSession : public Session {
 public:
  static Result<std::unique_ptr<Session>> open(const DatabaseUrl& url, const std::string& name,
                                               std::chrono::milliseconds timeout,
                                               std::chrono::milliseconds patience);
  ~PostgresqlSession() override { ::PQfinish(raw_); }
  PostgresqlSession(const PostgresqlSession&) = delete;
  PostgresqlSession& operator=(const PostgresqlSession&) = delete;

  Result<Answer> run(const std::string& sql, std::span<const Value> values) override;
  Result<Answer> execute(const std::string& sql) override;
  std::size_t most_bytes() const override { return std::size_t{1} << 29; }
  void interrupt() override;
  int notice_fd() const override { return ::PQsocket(raw_); }
  bool take_notices() override;

 private:
  struct Clear {
    void operator()(PGresult* result) const { ::PQclear(result); }
  };
  using ResultPointer = std::unique_ptr<PGresult, Clear>;

  PostgresqlSession(DatabaseUrl url, std::chrono::milliseconds patience)
      : url_(std::move(url)), patience_(patience) {}
  Result<void> connect(const std::string& name, std::chrono::milliseconds timeout);
  Result<void> check_server();
  Result<std::string> prepared(const std::string& sql);
  // Waits for the answer to what was sent; of several statements, the last.
  Result<ResultPointer> await(bool is_sent);
  Error failed(const PGresult* result);
  Error lost(const std::string& why);

  DatabaseUrl url_;
  std::chrono::milliseconds patience_;
  PGconn* raw_ = nullptr;
  std::unordered_map<std::string, std::string> statements_;  // their names
};

}  // namespace action::sql
