// A link to a queue file. What is published is gathered, and stored in one transaction by the next
// wait: confirmed means that it outlives a power failure.
#pragma once

#include <optional>
#include <vector>

#include "client/link.hpp"
#include "client/sqlite/queue_file.hpp"

namespace action {

class SqliteLink : public Link {
 public:
  static Result<std::unique_ptr<Link>> open(const Target& target, OnSettled on_settled,
                                            std::chrono::milliseconds timeout);

  Result<std::uint64_t> publish(const std::string& queue, const Message& message) override;
  Result<std::uint64_t> publish_later(const std::string& queue, const Message& message,
                                      std::chrono::milliseconds delay) override;
  Result<void> wait(std::chrono::milliseconds timeout) override;
  bool is_open() const override { return !failure_; }
  void abandon() override { (void)file_.release(); }

 private:
  struct Pending {
    std::int64_t queue;
    std::int64_t due_at_ms;
    Message message;
  };
  SqliteLink(std::unique_ptr<QueueFile> file, Topology topology, OnSettled on_settled)
      : file_(std::move(file)),
        topology_(std::move(topology)),
        on_settled_(std::move(on_settled)) {}
  Result<std::uint64_t> add(const std::string& queue, const Message& message,
                            std::int64_t due_at_ms);
  Result<void> store();
  Error fail(const Error& error) { return *(failure_ = error); }

  std::unique_ptr<QueueFile> file_;
  Topology topology_;
  OnSettled on_settled_;
  std::vector<std::string>
      holders_;                   // of each of them, who has its unique key; empty: it is stored
  std::vector<Pending> pending_;  // the last of them has the number published_
  std::uint64_t published_ = 0;
  std::optional<Error> failure_;  // by which it is over
};

}  // namespace action
