// Queues events into memcached, many at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/link.hpp"
#include "client/memcached/rings.hpp"

namespace action::memcached {

class MemcachedLink : public Link {
 public:
  static Result<std::unique_ptr<Link>> open(const Target& target, OnSettled on_settled,
                                            std::chrono::milliseconds timeout);

  Result<std::uint64_t> publish(const std::string& queue, const Message& message) override;
  Result<std::uint64_t> publish_later(const std::string& queue, const Message& message,
                                      std::chrono::milliseconds delay) override;
  Result<void> wait(std::chrono::milliseconds timeout) override;
  bool is_open() const override { return !failure_; }
  void forget(const std::string& queue) override { rings_->forget(queue); }
  void abandon() override { rings_->connection().abandon(); }

 private:
  struct Pending {
    std::string queue;
    Message message;
    std::int64_t delay_ms;
  };
  MemcachedLink(std::unique_ptr<Rings> rings, OnSettled on_settled)
      : rings_(std::move(rings)), on_settled_(std::move(on_settled)) {}
  Error fail(const Error& error) { return *(failure_ = error); }

  std::unique_ptr<Rings> rings_;
  OnSettled on_settled_;
  std::size_t pending_bytes_ = 0;
  std::vector<Pending> pending_;  // the last of them has the number published_
  std::uint64_t published_ = 0;
  std::optional<Error> failure_;  // by which it is over
};

}  // namespace action::memcached
