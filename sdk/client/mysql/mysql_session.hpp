// A session with MariaDB or MySQL, by MariaDB's Connector/C. In the module mysql.so alone.
#pragma once

#include <mysql.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "client/sql/address.hpp"
#include "client/sql/session.hpp"

namespace action::sql {

class MysqlSession : public Session {
 public:
  static Result<std::unique_ptr<Session>> open(const DatabaseUrl& url, const std::string& name,
                                               std::chrono::milliseconds timeout,
                                               std::chrono::milliseconds patience);
  ~MysqlSession() override;
  MysqlSession(const MysqlSession&) = delete;
  MysqlSession& operator=(const MysqlSession&) = delete;

  Result<Answer> run(const std::string& sql, std::span<const Value> values) override;
  Result<Answer> execute(const std::string& sql) override;
  std::size_t most_bytes() const override { return most_bytes_; }
  void interrupt() override;

 private:
  struct CloseStatement {
    void operator()(MYSQL_STMT* statement) const { ::mysql_stmt_close(statement); }
  };
  using StatementPointer = std::unique_ptr<MYSQL_STMT, CloseStatement>;

  explicit MysqlSession(const DatabaseUrl& url) : url_(url), raw_(::mysql_init(nullptr)) {}
  void set_options(const std::string& name, std::chrono::milliseconds timeout,
                   std::chrono::milliseconds patience);
  Result<void> connect();
  Result<void> check_server();
  Result<MYSQL_STMT*> prepared(const std::string& sql);
  void bind(std::span<const Value> values);
  Result<Answer> rows_of(MYSQL_STMT* statement);
  Error failed(unsigned number, const char* message);

  DatabaseUrl url_;
  MYSQL* raw_;
  int socket_ = -1;  // our own descriptor of it
  std::size_t most_bytes_ = 0;
  std::unordered_map<std::string, StatementPointer> statements_;
  std::vector<MYSQL_BIND> binds_;
  std::vector<unsigned long> sizes_;
};

}  // namespace action::sql
