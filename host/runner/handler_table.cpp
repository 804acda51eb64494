#include "runner/handler_table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "client/names.hpp"

namespace actiond {
namespace {

EventInfo describe(const action_event& event) {
  return {event.name, event.queue == nullptr ? "" : event.queue, event.attempts, event.timeout_ms,
          ACTIOND_HOLDS(event, action_event, on_dead) && event.on_dead != nullptr};
}

}  // namespace

Result<void> HandlerTable::add(const PluginLibrary& plugin, PluginInfo& info) {
  std::uint32_t count = 0;
  const action_event* const* events = plugin.descriptor().events(&count);
  const std::string file = file_name(info.file);
  if (events == nullptr) count = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (auto checked = check(*events[i], file); !checked) return checked;
    const bool is_twice =
        std::any_of(info.events.begin(), info.events.end(),
                    [&](const EventInfo& other) { return other.name == events[i]->name; });
    if (is_twice)
      return Error{fmt::format("plugin {} provides the event '{}' twice: give one another name",
                               file, events[i]->name)};
    info.events.push_back(describe(*events[i]));
  }
  for (std::uint32_t i = 0; i < count; ++i)
    handlers_.emplace(events[i]->name, Handler{events[i], file});
  return {};
}

Result<void> HandlerTable::check(const action_event& event, const std::string& file) const {
  if (!ACTIOND_HOLDS(event, action_event, run) || event.run == nullptr || event.name == nullptr)
    return Error{
        fmt::format("plugin {} has an event without a name or a function: rebuild it with the "
                    "installed SDK",
                    file)};
  if (const auto named = action::check_event(event.name); !named)
    return Error{fmt::format("plugin {}: {}", file, named.error().text)};
  if (const auto taken = handlers_.find(std::string_view(event.name)); taken != handlers_.end())
    return Error{
        fmt::format("plugin {} provides the event '{}', which {} has already: remove one of "
                    "the two files, or give the event another name",
                    file, event.name, taken->second.file)};
  return {};
}

const action_event* HandlerTable::find(std::string_view name) const {
  const auto found = handlers_.find(name);
  return found == handlers_.end() ? nullptr : found->second.event;
}

}  // namespace actiond
