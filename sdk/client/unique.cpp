#include "client/unique.hpp"

#include <fmt/format.h>

#include "client/delay_trip.hpp"
#include "client/names.hpp"

namespace action {

Result<void> make_unique(Message& message, std::string_view key, std::chrono::milliseconds time,
                         std::chrono::system_clock::time_point begin) {
  if (key.empty() && time.count() <= 0) return {};
  if (auto checked = check_unique_key(key); !checked) return checked;
  message.unique = {std::string(key), time.count() > 0 ? due_at_ms(time, begin) : 0, true};
  return {};
}

Error already_there(const std::string& key, std::string id) {
  return {fmt::format("the event {} with the unique key '{}' waits or runs", id, key),
          Fault::Duplicate, std::move(id)};
}

Error knows_no_keys(const std::string& broker) {
  return {fmt::format("{} knows no unique keys: leave the key out, or use RabbitMQ, a queue in a "
                      "file or in a database",
                      broker),
          Fault::Lasting};
}

}  // namespace action
