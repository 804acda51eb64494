#include "broker/rabbitmq/drop.hpp"

#include <fmt/format.h>

namespace actiond {

void tell_drop(const std::string& application, action::Message& letter) {
  if (letter.dropped_by.empty()) return;
  auto& trail = letter.trail;
  trail.error =
      fmt::format("the broker dropped it from '{}' ({})", letter.dropped_by, letter.dropped_why);
  trail.failed_at_ms = letter.dropped_at_s * 1000;
  if (trail.first_failed_at_ms == 0) trail.first_failed_at_ms = trail.failed_at_ms;
  if (trail.queue.empty() && letter.dropped_by.starts_with(application + "."))
    trail.queue = letter.dropped_by.substr(application.size() + 1);
}

}  // namespace actiond
