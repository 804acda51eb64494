// Tables of their own in each of the servers that are here, for what only a database has to show.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "client/sql/queue_tables.hpp"
#include "place.hpp"
#include "skipping.hpp"

namespace actiond::test {

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

// The same tables, for a poller.
class Elsewhere : public Place {
 public:
  Elsewhere(const std::string& url, const std::string& application) : Place("database", url) {
    config_.application = application;
  }
  void take_away() override {}
};

// Does `test` in each of the servers that are here.
inline void in_each(const std::function<void(Tables&)>& test) {
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

}  // namespace actiond::test
