// The plugin's side of the C boundary: the functions that the host calls, and the one symbol that
// it looks for. Nothing is thrown out of here. Included by event.hpp, at its end.
#ifndef ACTION_DETAIL_PLUGIN_HPP
#define ACTION_DETAIL_PLUGIN_HPP

#include <action/abi.h>

#include <action/detail/host.hpp>
#include <action/detail/names.hpp>
#include <action/detail/registry.hpp>
#include <action/detail/run.hpp>
#include <algorithm>
#include <concepts>
#include <exception>
#include <string>
#include <type_traits>
#include <vector>

#pragma GCC visibility push(hidden)
namespace action {
namespace detail {

// What ACTION_EVENT leaves in the plugin. `name` must outlive it.
class EventRegistration {
 public:
  template <class T>
  EventRegistration(std::type_identity<T>, const char* name) {
    // What is no event was refused by ACTION_EVENT; the compiler need not say more about it.
    if constexpr (IsEvent<T>) {
      event_ = make_event<T>(name);
      registry().events.push_back(&event_);
      registry().keys.push_back(&class_key<T>);
    }
  }
  EventRegistration(const EventRegistration&) = delete;
  EventRegistration& operator=(const EventRegistration&) = delete;

 private:
  action_event event_{};
};

inline bool has_on_dead(const action_event* event) {
  return event->on_dead != nullptr;
}

inline void attach(const action_host* host) noexcept {
  attached_host = host;
  const auto& events = registry().events;
  const auto dying = std::find_if(events.begin(), events.end(), has_on_dead);
  if (host->abi_minor < 2 && dying != events.end())
    log_text(host, Level::Warning,
             std::string("on_dead() of ") + (*dying)->name +
                 " is never called: this actiond is too old");
}

inline const action_event* const* events(std::uint32_t* count) noexcept {
  *count = static_cast<std::uint32_t>(registry().events.size());
  return registry().events.data();
}

inline const char* const* queued(std::uint32_t* count) noexcept {
  static std::vector<const char*> names;
  names.clear();
  for (const QueuedClass& each : registry().queued) {
    const char* name = registered_name(each.key);
    names.push_back(name ? name : each.default_name);
  }
  *count = static_cast<std::uint32_t>(names.size());
  return names.data();
}

inline action_status setup(const action_host* host) noexcept {
  try {
    for (const Callback function : registry().setups) function();
    return ACTION_DONE;
  } catch (...) {
    return status_of_exception(host);
  }
}

// One that throws doesn't keep the others from running.
inline void teardown(const action_host* host) noexcept {
  auto& functions = registry().teardowns;
  for (auto function = functions.rbegin(); function != functions.rend(); ++function) {
    try {
      (*function)();
    } catch (const std::exception& error) {
      log_text(host, Level::Error, std::string("teardown: ") + error.what());
    } catch (...) {
      log_text(host, Level::Error, "teardown: " + thrown_type_name());
    }
  }
}

}  // namespace detail
}  // namespace action
#pragma GCC visibility pop

#ifdef ACTION_PLUGIN_NAME
#define ACTION_DETAIL_PLUGIN_NAME ACTION_PLUGIN_NAME
#else
#define ACTION_DETAIL_PLUGIN_NAME nullptr
#endif
#ifdef ACTION_PLUGIN_VERSION
#define ACTION_DETAIL_PLUGIN_VERSION ACTION_PLUGIN_VERSION
#else
#define ACTION_DETAIL_PLUGIN_VERSION nullptr
#endif

// Weak, so that each source file of a plugin may include this; not an inline variable, which the
// dynamic linker would unify between plugins (STB_GNU_UNIQUE).
extern "C" {
extern __attribute__((weak, visibility("default"))) const action_plugin_descriptor action_plugin;
__attribute__((used))
const action_plugin_descriptor action_plugin = {sizeof(action_plugin_descriptor),
                                                ACTION_ABI_MAJOR,
                                                ACTION_ABI_MINOR,
                                                ACTION_DETAIL_PLUGIN_NAME,
                                                ACTION_DETAIL_PLUGIN_VERSION,
                                                ACTION_SDK_VERSION,
                                                &::action::detail::attach,
                                                &::action::detail::events,
                                                &::action::detail::setup,
                                                &::action::detail::teardown,
                                                &::action::detail::queued};
}

#define ACTION_DETAIL_THIRD(first, second, third, ...) third
#define ACTION_DETAIL_JOIN(a, b) ACTION_DETAIL_JOIN_NOW(a, b)
#define ACTION_DETAIL_JOIN_NOW(a, b) a##b
#define ACTION_DETAIL_UNIQUE(prefix) ACTION_DETAIL_JOIN(prefix, __COUNTER__)

#define ACTION_DETAIL_CLASS_EVENT(Class) \
  ACTION_DETAIL_REGISTER(Class, ::action::detail::event_name_of(#Class), __COUNTER__)
#define ACTION_DETAIL_NAMED_EVENT(Class, name) \
  ACTION_DETAIL_REGISTER(Class, ::action::detail::given_event_name(name), __COUNTER__)

#define ACTION_DETAIL_REGISTER(Class, event_name, number)                                      \
  static_assert(::std::derived_from<Class, ::action::Event>,                                   \
                "ACTION_EVENT: " #Class " must derive publicly from action::Event");           \
  static_assert(!::std::is_abstract_v<Class>,                                                  \
                "ACTION_EVENT: " #Class " is abstract; it lacks 'void process() override'");   \
  static_assert(::std::is_abstract_v<Class> || ::std::default_initializable<Class>,            \
                "ACTION_EVENT: " #Class " needs a public constructor without arguments");      \
  static_assert(                                                                               \
      !::std::derived_from<Class, ::action::Event> || ::action::detail::HasSoundOnDead<Class>, \
      "ACTION_EVENT: " #Class "'s on_dead must be public: 'void on_dead() override'");         \
  static constexpr auto ACTION_DETAIL_JOIN(action_event_name_, number) = event_name;           \
  static_assert(                                                                               \
      ::action::detail::is_event_name(ACTION_DETAIL_JOIN(action_event_name_, number).view()),  \
      "ACTION_EVENT: " #Class                                                                  \
      "'s event needs a name of [a-z0-9_.-], at most 255 "                                     \
      "of them; give one: ACTION_EVENT(Class, \"name\")");                                     \
  [[maybe_unused]] static const ::action::detail::EventRegistration ACTION_DETAIL_JOIN(        \
      action_event_, number)(::std::type_identity<Class>{},                                    \
                             ACTION_DETAIL_JOIN(action_event_name_, number).text);

#endif
