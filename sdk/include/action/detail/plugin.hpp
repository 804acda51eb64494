// The plugin's side of the C boundary: its registry, the functions that the host calls, and the
// one symbol that it looks for. Nothing is thrown out of here. Included by event.hpp, at its end.
#ifndef ACTION_DETAIL_PLUGIN_HPP
#define ACTION_DETAIL_PLUGIN_HPP

#include <action/abi.h>
#include <cxxabi.h>

#include <action/detail/filters.hpp>
#include <action/detail/host.hpp>
#include <action/detail/names.hpp>
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

struct Registry {
  std::vector<const action_event*> events;
  std::vector<Callback> setups;
  std::vector<Callback> teardowns;
};

inline Registry& registry() {
  static Registry registry;
  return registry;
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
    }
  }
  EventRegistration(const EventRegistration&) = delete;
  EventRegistration& operator=(const EventRegistration&) = delete;

 private:
  action_event event_{};
};

inline void attach(const action_host* host) noexcept {
  attached_host = host;
}

inline const action_event* const* events(std::uint32_t* count) noexcept {
  *count = static_cast<std::uint32_t>(registry().events.size());
  return registry().events.data();
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
                                                &::action::detail::teardown};
}

#define ACTION_DETAIL_THIRD(first, second, third, ...) third
#define ACTION_DETAIL_JOIN(a, b) ACTION_DETAIL_JOIN_NOW(a, b)
#define ACTION_DETAIL_JOIN_NOW(a, b) a##b
#define ACTION_DETAIL_UNIQUE(prefix) ACTION_DETAIL_JOIN(prefix, __LINE__)

#define ACTION_DETAIL_CLASS_EVENT(Class) \
  ACTION_DETAIL_REGISTER(Class, ::action::detail::event_name_of(#Class))
#define ACTION_DETAIL_NAMED_EVENT(Class, name) \
  ACTION_DETAIL_REGISTER(Class, ::action::detail::given_event_name(name))

#define ACTION_DETAIL_REGISTER(Class, event_name)                                                 \
  static_assert(::std::derived_from<Class, ::action::Event>,                                      \
                "ACTION_EVENT: " #Class " must derive publicly from action::Event");              \
  static_assert(!::std::is_abstract_v<Class>,                                                     \
                "ACTION_EVENT: " #Class " is abstract; it lacks 'void process() override'");      \
  static_assert(::std::is_abstract_v<Class> || ::std::default_initializable<Class>,               \
                "ACTION_EVENT: " #Class " needs a public constructor without arguments");         \
  static constexpr auto ACTION_DETAIL_UNIQUE(action_event_name_) = event_name;                    \
  static_assert(::action::detail::is_event_name(ACTION_DETAIL_UNIQUE(action_event_name_).view()), \
                "ACTION_EVENT: " #Class                                                           \
                "'s event needs a name of [a-z0-9_.-], at most 255 "                              \
                "of them; give one: ACTION_EVENT(Class, \"name\")");                              \
  [[maybe_unused]] static const ::action::detail::EventRegistration ACTION_DETAIL_UNIQUE(         \
      action_event_)(::std::type_identity<Class>{},                                               \
                     ACTION_DETAIL_UNIQUE(action_event_name_).text);

#endif
