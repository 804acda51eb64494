// Events queued by the client library, and what status says of their queue.
#pragma once

#include <action/client.hpp>
#include <nlohmann/json.hpp>

#include "site.hpp"

// `count` times the same event, into a broker of any kind.
inline void post_to(const std::string& address, const std::string& event, const std::string& params,
                    const std::string& queue, int count) {
  action::Client client(address, {.application = rabbit::application()});
  for (int n = 0; n < count; ++n)
    client.post(event, nlohmann::json::parse(params), {.queue = queue});
  client.flush();
}

// What `status --json` says of a queue; the test fails if that is nothing.
inline nlohmann::json row_of_queue(const nlohmann::json& status, const std::string& name) {
  for (const auto& queue : status["queues"])
    if (queue["name"] == name) return queue;
  FAIL("status tells nothing of the queue ", name);
  return {};
}
