#include "client/rabbitmq/limits.hpp"

#include <fmt/format.h>

namespace action {
namespace {

struct Limit {
  std::string_view words;  // in the broker's text
  std::string_view what;
  std::string_view advice;
};

// Each text that is about one of them holds the words; the more special stand first.
constexpr Limit kLimits[] = {
    {"user connection limit", "connections of this user",
     "raise it (rabbitmqctl set_user_limits USER '{\"max-connections\": N}')"},
    {"node connection limit", "connections to this node",
     "raise connection_max in its configuration"},
    {"connection limit", "connections",
     "raise it (rabbitmqctl set_vhost_limits -p VHOST '{\"max-connections\": N}')"},
    {"user limit of", "channels of this user",
     "raise it (rabbitmqctl set_user_limits USER '{\"max-channels\": N}')"},
    {"negotiated channel_max", "channels on one connection",
     "raise channel_max in the broker's configuration"},
    {"channel limit", "channels", "raise channel_max_per_node in the broker's configuration"},
    {"queue limit in vhost", "queues in this virtual host",
     "raise it (rabbitmqctl set_vhost_limits -p VHOST '{\"max-queues\": N}'): an application needs "
     "30, and one for each of its queues"},
    {"exchange limit of", "exchanges",
     "raise cluster_exchange_limit in the broker's configuration: an application needs 33"},
    {"queue limit in cluster", "queues", "raise cluster_queue_limit in the broker's configuration"},
};

}  // namespace

std::optional<std::string> explain_limit(std::string_view text) {
  for (const auto& limit : kLimits)
    if (text.find(limit.words) != std::string_view::npos)
      return fmt::format("allows no more {} ({}): end some, or {}", limit.what, text, limit.advice);
  return std::nullopt;
}

}  // namespace action
