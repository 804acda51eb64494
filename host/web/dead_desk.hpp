// The dead letters, for the page: looked at when somebody clicks, and never else, as some brokers
// count each look against a letter. What was seen is remembered for paging and filtering.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/config/config.hpp"
#include "web/dead_filter.hpp"
#include "web/request.hpp"

namespace actiond::web {

// Used by one thread, that of the chores. All of it blocks, for as long as the broker takes.
class DeadDesk {
 public:
  // `config` must live as long.
  explicit DeadDesk(const Config& config) : config_(config) {}

  // GET dead: parameters event, error, offset, limit, and `look` to look anew. Without a look it
  // says when the last one was, or that there was none.
  Response list(const Request& request);
  // GET dead/ID
  Response show(const std::string& id);
  // POST dead/retry and dead/delete: {"ids": […]}, or {"event", "error", "expect": N} or
  // {"all": true, "expect": N}. 409, and nothing is done, if it is not N any more.
  Response retry(const nlohmann::json& wish);
  Response remove(const nlohmann::json& wish);

 private:
  Result<void> look();

  const Config& config_;
  std::unique_ptr<DeadLook> seen_;
  std::int64_t seen_ms_ = 0;
};

}  // namespace actiond::web
