// The plugin's side of the C boundary: its registry, the functions that the host calls, and the
// one symbol that it looks for. Nothing is thrown out of here. Included by event.hpp, at its end.
#ifndef ACTION_DETAIL_PLUGIN_HPP
#define ACTION_DETAIL_PLUGIN_HPP

#include <action/abi.h>
#include <cxxabi.h>

#include <action/detail/filters.hpp>
#include <action/detail/host.hpp>
#include <action/detail/names.hpp>
#include <algorithm>
#include <concepts>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
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

inline std::string type_name(const std::type_info& type) {
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, nullptr), &std::free);
  return name ? name.get() : type.name();
}

inline std::string thrown_type_name() {
  const std::type_info* type = abi::__cxa_current_exception_type();
  return type ? type_name(*type) : "foreign exception";
}

inline void set_reason(const action_host* host, const std::exception& error) {
  const char* what = error.what();
  set_reason(host, what && *what ? std::string(what) : thrown_type_name());
}

// The outcome that the exception in flight stands for.
inline action_status status_of_exception(const action_host* host) noexcept {
  try {
    throw;
  } catch (const Snooze& snooze) {
    if (const auto set = field(host, &action_host::set_snooze)) {
      set(host->ctx, snooze.delay().count());
    }
    if (*snooze.what()) set_reason(host, std::string_view(snooze.what()));
    return ACTION_SNOOZED;
  } catch (const Retry& retry) {
    if (const auto set = field(host, &action_host::set_retry)) {
      set(host->ctx, retry.delay().count());
    } else {
      log_text(host, Level::Warning,
               "action::Retry: this actiond is too old for it, so the pause is as configured");
    }
    set_reason(host, retry);
    return ACTION_FAILED;
  } catch (const Discard& discard) {
    set_reason(host, discard);
    return ACTION_DISCARDED;
  } catch (const std::exception& error) {
    set_reason(host, error);
    return ACTION_FAILED;
  } catch (...) {
    set_reason(host, "threw something that is not a std::exception: " + thrown_type_name());
    return ACTION_FAILED;
  }
}

struct EventRunner {
  static action_status run(Event& event, const CurrentRun& run) {
    event.host_ = run.host;  // again: a base class in another library has another current_run
    event.run_ = run.run;
    if (!event.before_.run(event)) return ACTION_HALTED;
    event.process();
    event.after_.run_all(event);
    return ACTION_DONE;
  }

  static void die(Event& event, const CurrentRun& run) {
    event.host_ = run.host;
    event.run_ = run.run;
    event.on_dead();
  }
};

// Makes a run the current one as long as it lives.
class RunScope {
 public:
  explicit RunScope(const CurrentRun& run) : before_(std::exchange(current_run, run)) {}
  ~RunScope() { current_run = before_; }
  RunScope(const RunScope&) = delete;
  RunScope& operator=(const RunScope&) = delete;

 private:
  CurrentRun before_;
};

template <class T>
action_status run_event(void*, const action_host* host, const action_run* run) noexcept {
  try {
    const RunScope scope({host, run});
    T event;
    return EventRunner::run(event, {host, run});
  } catch (...) {
    return status_of_exception(host);
  }
}

template <class T>
action_status run_on_dead(void*, const action_host* host, const action_run* run) noexcept {
  try {
    const RunScope scope({host, run});
    T event;
    EventRunner::die(event, {host, run});
    return ACTION_DONE;
  } catch (...) {
    return status_of_exception(host);
  }
}

template <class Class>
std::true_type is_on_dead(void (Class::*)());
std::false_type is_on_dead(...);

// A class's own on_dead() is the base's, or overrides it: any other would never be called.
template <class T>
concept HasSoundOnDead = requires {
  requires decltype(is_on_dead(&T::on_dead))::value;
};

template <class T>
constexpr bool overrides_on_dead() {
  if constexpr (HasSoundOnDead<T>) {
    return !std::is_same_v<decltype(&T::on_dead), void (Event::*)()>;
  } else {
    return false;
  }
}

template <class T>
concept IsEvent =
    std::derived_from<T, Event> && !std::is_abstract_v<T> && std::default_initializable<T>;

template <class T>
action_event make_event(const char* name) {
  static_assert(T::options.attempts >= 0, "options.attempts is negative");
  static_assert(T::options.timeout.count() >= 0, "options.timeout is negative");
  action_event event{};
  event.size = sizeof event;
  event.attempts = T::options.attempts;
  event.name = name;
  event.queue = T::options.queue;
  event.timeout_ms = T::options.timeout.count();
  event.run = &run_event<T>;
  if constexpr (overrides_on_dead<T>()) event.on_dead = &run_on_dead<T>;
  return event;
}

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
