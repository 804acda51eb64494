// How a run of an event becomes an outcome: nothing is thrown out of here. Included by event.hpp,
// at its end.
#ifndef ACTION_DETAIL_RUN_HPP
#define ACTION_DETAIL_RUN_HPP

#include <action/abi.h>
#include <cxxabi.h>

#include <action/detail/filters.hpp>
#include <action/detail/host.hpp>
#include <concepts>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>

#pragma GCC visibility push(hidden)
namespace action {
namespace detail {

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

}  // namespace detail
}  // namespace action
#pragma GCC visibility pop

#endif
