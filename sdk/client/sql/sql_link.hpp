// A link to a queue in a database. What is published is gathered, and stored in one transaction by
// the next wait: confirmed means that the server has committed it.
#pragma once

#include <optional>
#include <vector>

#include "client/link.hpp"
#include "client/sql/queue_tables.hpp"

namespace action::sql {

class SqlLink : public Link {
 public:
  static Result<std::unique_ptr<Link>> open(const Target& target, OnSettled on_settled,
                                            std::chrono::milliseconds timeout);

  Result<std::uint64_t> publish(const std::string& queue, const Message& message) override;
  Result<std::uint64_t> publish_later(const std::string& queue, const Message& message,
                                      std::chrono::milliseconds delay) override;
  Result<void> wait(std::chrono::milliseconds timeout) override;
  bool is_open() const override { return !failure_; }
  void abandon() override { (void)tables_.release(); }

 private:
  struct Pending {
    std::string queue;
    Message message;
    std::int64_t delay_ms;
  };
  SqlLink(std::unique_ptr<QueueTables> tables, OnSettled on_settled)
      : tables_(std::move(tables)), on_settled_(std::move(on_settled)) {}
  Result<void> store(std::vector<Result<void>>& taken);
  Result<void> store_each(const std::vector<NewEvent>& events, std::vector<Result<void>>& taken);
  Error fail(const Error& error) { return *(failure_ = error); }

  std::unique_ptr<QueueTables> tables_;
  OnSettled on_settled_;
  std::size_t pending_bytes_ = 0;
  std::vector<Pending> pending_;  // the last of them has the number published_
  std::uint64_t published_ = 0;
  std::optional<Error> failure_;  // by which it is over
};

}  // namespace action::sql
