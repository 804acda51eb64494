// What a plugin registers: its events, the classes that it queues, its setups and teardowns.
// Included by event.hpp, at its end.
#ifndef ACTION_DETAIL_REGISTRY_HPP
#define ACTION_DETAIL_REGISTRY_HPP

#include <action/abi.h>

#include <action/detail/host.hpp>
#include <action/detail/names.hpp>
#include <algorithm>
#include <concepts>
#include <string>
#include <vector>

#pragma GCC visibility push(hidden)
namespace action {
namespace detail {

using Callback = void (*)();

// Its address stands for the class. Not const, so that no linker makes one of two.
template <class T>
__attribute__((visibility("hidden"))) inline char class_key = 0;

// A class whose events are queued, and the name that it has unless this plugin gives it another.
struct QueuedClass {
  const void* key;
  const char* default_name;
};

struct Registry {
  std::vector<const action_event*> events;
  std::vector<const void*> keys;  // the class of each
  std::vector<QueuedClass> queued;
  std::vector<Callback> setups;
  std::vector<Callback> teardowns;
};

inline Registry& registry() {
  static Registry registry;
  return registry;
}

// The name of the class's event here; null: this plugin gives it none.
inline const char* registered_name(const void* key) {
  const auto& keys = registry().keys;
  const auto found = std::find(keys.begin(), keys.end(), key);
  return found == keys.end() ? nullptr : registry().events[found - keys.begin()]->name;
}

inline bool add_queued(QueuedClass queued) {
  registry().queued.push_back(queued);
  return true;
}

template <class T>
inline constexpr auto default_event_name = class_event_name<T>();

// As the plugin is loaded, the class is written down: the host may know what handlers queue.
template <class T>
__attribute__((visibility("hidden"))) inline const bool is_queued_class =
    add_queued({&class_key<T>, default_event_name<T>.text});

template <class T>
std::string queue_class(const action_host* host, const nlohmann::json& params,
                        QueueOptions options) {
  static_assert(std::derived_from<T, Event>,
                "queue_action_event<Class>: the class must derive from action::Event");
  (void)is_queued_class<T>;
  const char* name = registered_name(&class_key<T>);
  if (options.queue.empty() && T::options.queue) options.queue = T::options.queue;
  return queue_event(host, name ? name : default_event_name<T>.text, params, options);
}

inline bool add_setup(Callback function) {
  registry().setups.push_back(function);
  return true;
}

inline bool add_teardown(Callback function) {
  registry().teardowns.push_back(function);
  return true;
}

}  // namespace detail
}  // namespace action
#pragma GCC visibility pop

#endif
