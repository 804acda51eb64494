#include "base/config/brokers.hpp"

#include <algorithm>

namespace actiond {
namespace {

constexpr std::string_view kQueueFile = "sqlite:";

bool is_queue_file(const std::string& text) {
  return text.starts_with(kQueueFile) && text.size() > kQueueFile.size();
}

// One server, without spaces; its parts are checked by whoever connects.
bool is_database(const std::string& text) {
  const bool has_scheme = text.starts_with("mysql://") || text.starts_with("postgresql://");
  return has_scheme && text.find(' ') == std::string::npos;
}

// One server, which has no passwords.
bool is_memcached(const std::string& text) {
  return text.starts_with("memcached://") && text.find(' ') == std::string::npos;
}

bool is_node(const std::string& text) {
  const bool has_scheme = text.starts_with("amqp://") || text.starts_with("amqps://");
  return has_scheme && text.find(' ') == std::string::npos;
}

// Reads one address, or tells what it must be. A queue file has no password, so the variables in
// its path are no secret.
void read_broker(const Section& root, const Tree& value, const std::filesystem::path& base,
                 Config& config) {
  if (value.kind == Tree::Kind::Reported) return;
  if (is_plain_text(value) && is_queue_file(value.text)) {
    const auto path = (base / value.text.substr(kQueueFile.size())).lexically_normal();
    config.brokers.push_back(std::string(kQueueFile) + path.native());
    return;
  }
  for (const auto& name : value.variables) config.broker_variables.push_back(name);
  const auto is_server = [](const auto& text) {
    return is_node(text) || is_database(text) || is_memcached(text);
  };
  if (is_plain_text(value) && is_server(value.text)) {
    config.brokers.push_back(value.text);
  } else {
    root.problems().add(
        value.place,
        "'broker' must be an address that begins with amqp:// or amqps://, or a "
        "list of them, or mysql://…, postgresql://… or memcached://…, or sqlite:FILE (what stands "
        "there is not shown: it may hold a password)");
  }
}

}  // namespace

void read_brokers(const Section& root, const std::filesystem::path& base, Config& config) {
  const Tree* const value = root.find("broker");
  if (value == nullptr) return;
  auto& brokers = config.brokers;
  brokers.clear();
  if (value->kind != Tree::Kind::List) return read_broker(root, *value, base, config);
  if (value->items.empty()) root.problems().add(value->place, "'broker' must not be empty");
  for (const Tree& item : value->items) read_broker(root, item, base, config);
  const auto is_alone = [](const auto& text) {
    return is_queue_file(text) || is_database(text) || is_memcached(text);
  };
  if (brokers.size() > 1 && std::any_of(brokers.begin(), brokers.end(), is_alone))
    root.problems().add(value->place,
                        "'broker' must be one queue file, one database, one memcached, or a list "
                        "of RabbitMQ nodes");
}

}  // namespace actiond
