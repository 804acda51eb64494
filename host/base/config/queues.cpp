#include "base/config/queues.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "client/names.hpp"

namespace actiond {
namespace {

constexpr std::string_view kNameRule = "must have 1 to 100 letters, digits, _ and -";

bool is_name(const Tree& value) {
  return value.kind == Tree::Kind::Scalar && action::is_name(value.text);
}

bool is_in(const std::vector<std::string>& queues, const std::string& queue) {
  return std::find(queues.begin(), queues.end(), queue) != queues.end();
}

void read_queue(const Section& root, const Tree& item, std::vector<std::string>& queues) {
  if (item.kind == Tree::Kind::Reported) return;
  if (!is_name(item)) return root.refuse("queues", item, kNameRule);
  if (action::is_reserved_queue(item.text))
    return root.problems().add(item.place,
                               fmt::format("'queues': the name '{}' is reserved ('dead' and "
                                           "names that begin with 'delay'): choose another",
                                           item.text));
  if (is_in(queues, item.text))
    return root.problems().add(item.place,
                               fmt::format("'queues' names '{}' twice: remove one", item.text));
  queues.push_back(item.text);
}

void read_queue_list(const Section& root, const Tree& value, std::vector<std::string>& queues) {
  if (value.kind != Tree::Kind::List || value.items.empty())
    return root.refuse("queues", value, "must be a list of names, as in [high, medium, low]");
  queues.clear();
  for (const Tree& item : value.items) read_queue(root, item, queues);
}

// Every queue as the file has it, a refused one too: what names it is not wrong as well.
std::vector<std::string> named_queues(const Tree* value, const Config& config) {
  if (value == nullptr || value->kind != Tree::Kind::List) return config.queues;
  std::vector<std::string> names;
  for (const Tree& item : value->items)
    if (!is_in(names, item.text)) names.push_back(item.text);
  return names;
}

// A default that fell out of a changed list is told at the list.
void check_default_queue(const Section& root, const Config& config,
                         const std::vector<std::string>& queues) {
  const Tree* const value = root.find("default_queue");
  const Tree* const list = root.find("queues");
  if (is_in(queues, config.default_queue)) return;
  if (value != nullptr && value->kind == Tree::Kind::Scalar)
    root.problems().add(value->place,
                        fmt::format("'default_queue' names {}, which is not in 'queues': {}",
                                    in_quotes(value->text), suggestion(value->text, queues)));
  else if (value == nullptr && list != nullptr && list->kind == Tree::Kind::List)
    root.problems().add(list->place,
                        fmt::format("'queues' lacks '{}', the default of 'default_queue': write a "
                                    "default_queue that is one of {}",
                                    config.default_queue, comma_list(queues)));
}

void check_event_queues(const Section& root, const Config& config,
                        const std::vector<std::string>& queues) {
  const Section events = root.section("events");
  for (const auto& [name, event] : config.events) {
    if (!event.queue || event.queue->empty() || is_in(queues, *event.queue)) continue;
    const Section section = events.section(name);
    root.problems().add(
        section.find("queue")->place,
        fmt::format("{} names {}, which is not in 'queues': {}", in_quotes(section.path("queue")),
                    in_quotes(*event.queue), suggestion(*event.queue, queues)));
  }
}

}  // namespace

void read_name(const Section& root, std::string_view key, std::string& field) {
  const Tree* const value = root.find(key);
  if (value == nullptr) return;
  if (!is_name(*value)) return root.refuse(key, *value, kNameRule);
  field = value->text;
}

void read_queues(const Section& root, Config& config) {
  const Tree* const list = root.find("queues");
  if (list != nullptr) read_queue_list(root, *list, config.queues);
  root.read_text("default_queue", config.default_queue);
  const std::vector<std::string> queues = named_queues(list, config);
  if (queues.empty()) return;
  check_default_queue(root, config, queues);
  check_event_queues(root, config, queues);
}

}  // namespace actiond
