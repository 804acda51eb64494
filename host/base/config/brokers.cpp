#include "base/config/brokers.hpp"

namespace actiond {
namespace {

bool is_address(const Tree& value) {
  const std::string& text = value.text;
  const bool has_scheme = text.starts_with("amqp://") || text.starts_with("amqps://");
  return is_plain_text(value) && has_scheme && text.find(' ') == std::string::npos;
}

// Reads one address, or tells what it must be.
void read_broker(const Section& root, const Tree& value, Config& config) {
  if (value.kind == Tree::Kind::Reported) return;
  for (const auto& name : value.variables) config.broker_variables.push_back(name);
  if (is_address(value))
    config.brokers.push_back(value.text);
  else
    root.problems().add(value.place,
                        "'broker' must be an address that begins with amqp:// or amqps://, or a "
                        "list of them (what stands there is not shown: it may hold a password)");
}

}  // namespace

void read_brokers(const Section& root, Config& config) {
  const Tree* const value = root.find("broker");
  if (value == nullptr) return;
  config.brokers.clear();
  if (value->kind != Tree::Kind::List) return read_broker(root, *value, config);
  if (value->items.empty()) root.problems().add(value->place, "'broker' must not be empty");
  for (const Tree& item : value->items) read_broker(root, item, config);
}

}  // namespace actiond
