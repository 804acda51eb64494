// What a database can do at the most, by the same client library and without all else:
//   bench_sql drain URL COUNT     takes and deletes events, 256 in each transaction
//   bench_sql insert URL COUNT    an INSERT and a commit for each
//   bench_sql bulk URL COUNT      128 in each INSERT, 1024 in each transaction
// Prints {"seconds": …}. Its one table is made anew at the start, and gone at the end.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "client/sql/backend_module.hpp"
#include "client/sql/dialect.hpp"

namespace {

using action::sql::Answer;
using action::sql::Session;
using action::sql::Value;

constexpr int kBatch = 256;  // taken and deleted together
constexpr int kRows = 128;   // of one INSERT
constexpr int kInserts = 8;  // of one transaction
const std::string kParams(200, 'x');

class Bare {
 public:
  explicit Bare(const std::string& address) {
    const auto url = action::sql::parse_database_url(address);
    if (!url) fail(url.error().text);
    auto session = action::sql::open_session(*url, "bench", std::chrono::seconds(10),
                                             std::chrono::seconds(60));
    if (!session) fail(session.error().text);
    session_ = std::move(*session);
    is_postgres_ = url->kind == "postgresql";
    execute("DROP TABLE IF EXISTS bench_bare");
    execute(
        fmt::format("CREATE TABLE bench_bare (seq BIGINT {} PRIMARY KEY, state SMALLINT NOT NULL"
                    " DEFAULT 0, params TEXT NOT NULL)",
                    is_postgres_ ? "GENERATED ALWAYS AS IDENTITY" : "AUTO_INCREMENT"));
    execute("CREATE INDEX bench_bare_ready ON bench_bare (state, seq)");
  }
  ~Bare() { execute("DROP TABLE bench_bare"); }
  Bare(const Bare&) = delete;
  Bare& operator=(const Bare&) = delete;

  void insert(int count) {
    for (int n = 0; n < count; ++n) run("INSERT INTO bench_bare (params) VALUES (?)", {kParams});
  }

  void bulk(int count) {
    std::string sql = "INSERT INTO bench_bare (params) VALUES (?)";
    for (int i = 1; i < kRows; ++i) sql += ", (?)";
    const std::vector<Value> values(kRows, Value(kParams));
    for (int n = 0; n < count; n += kRows * kInserts) {
      execute("BEGIN");
      for (int i = 0; i < kInserts; ++i) run(sql, values);
      execute("COMMIT");
    }
  }

  // What was taken is deleted with what is taken next, as a poller does it.
  void drain(int count) {
    if (is_postgres_) execute("SET synchronous_commit = off; SET enable_seqscan = off");
    std::vector<Value> taken;
    for (int done = 0; done < count; done += static_cast<int>(taken.size())) {
      execute("BEGIN");
      if (!taken.empty()) run("DELETE FROM bench_bare WHERE seq IN (" + marks(taken) + ")", taken);
      taken = take();
      execute("COMMIT");
      if (taken.empty()) fail("there are too few");
    }
  }

 private:
  std::vector<Value> take() {
    const std::string ready = fmt::format(
        "SELECT seq, params FROM bench_bare WHERE state = 0 ORDER BY seq LIMIT {} FOR UPDATE SKIP"
        " LOCKED",
        kBatch);
    if (is_postgres_)
      return numbers(run("WITH ready AS MATERIALIZED (" + ready +
                             ") UPDATE bench_bare AS b SET state = 1 FROM ready"
                             " WHERE b.seq = ready.seq RETURNING b.seq, b.params",
                         {}));
    auto seqs = numbers(run(ready, {}));
    if (!seqs.empty())
      run("UPDATE bench_bare SET state = 1 WHERE seq IN (" + marks(seqs) + ")", seqs);
    return seqs;
  }

  static std::vector<Value> numbers(const Answer& answer) {
    std::vector<Value> all;
    for (std::size_t row = 0; row < answer.rows(); ++row) all.emplace_back(answer.number(row, 0));
    return all;
  }
  static std::string marks(const std::vector<Value>& values) {
    return action::sql::question_marks(values.size());
  }
  Answer run(const std::string& sql, const std::vector<Value>& values) {
    auto answer = session_->run(sql, values);
    if (!answer) fail(answer.error().text);
    return std::move(*answer);
  }
  void execute(const std::string& sql) {
    if (const auto done = session_->execute(sql); !done) fail(done.error().text);
  }
  [[noreturn]] static void fail(const std::string& why) {
    std::cerr << "bench_sql: " << why << "\n";
    std::_Exit(1);
  }

  std::unique_ptr<Session> session_;
  bool is_postgres_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc == 4 ? argv[1] : "";
  if (mode != "drain" && mode != "insert" && mode != "bulk") {
    std::cerr << "usage: bench_sql drain | insert | bulk URL COUNT\n";
    return 2;
  }
  const int count = std::atoi(argv[3]);
  Bare bare(argv[2]);
  if (mode == "drain") bare.bulk(count + kRows * kInserts);
  const auto begin = std::chrono::steady_clock::now();
  if (mode == "drain") bare.drain(count);
  if (mode == "insert") bare.insert(count);
  if (mode == "bulk") bare.bulk(count);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  fmt::print("{{\"seconds\": {:.6f}}}\n", took.count());
}
