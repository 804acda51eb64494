// What an event's author includes. An event is a class with a process():
//
//   class HelloWorldEvent : public action::Event {
//    public:
//     void process() override { log("hello {}", param("name", "world")); }
//   };
//   ACTION_EVENT(HelloWorldEvent)   // its name: "hello_world"
//
// Header-only over abi.h. Its variables and functions are hidden in the plugin's shared object,
// also without compiler flags, so two plugins in one runner share nothing; types are not, since the
// compiler would warn of every class derived from them. The host finds the symbol `action_plugin`.
#ifndef ACTION_EVENT_HPP
#define ACTION_EVENT_HPP

#if __cplusplus < 202002L
#error "action/event.hpp needs C++20: compile with -std=c++20"
#endif

#include <action/abi.h>

#include <action/detail/filters.hpp>
#include <action/detail/host.hpp>
#include <action/detail/names.hpp>
#include <action/detail/params.hpp>
#include <action/detail/values.hpp>
#include <action/queue_options.hpp>
#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

namespace action {

namespace detail {
struct EventRunner;
template <class T>
std::string queue_class(const action_host* host, const nlohmann::json& params,
                        QueueOptions options);
}  // namespace detail

// What an event declares about itself; inherited unless declared again:
//   static constexpr action::Options options{.queue = "high", .attempts = 5, .timeout = 30s};
// What is left out is the configuration's default, and the configuration overrides all of it.
struct Options {
  const char* queue = nullptr;
  int attempts = 0;
  std::chrono::milliseconds timeout{0};
};

// Thrown by a handler: never again, to the dead-letter queue.
struct Discard : std::runtime_error {
  using std::runtime_error::runtime_error;
};

namespace detail {
// Rounded up, from a millisecond to as long as the type holds.
inline std::chrono::milliseconds whole_delay(std::chrono::duration<double, std::milli> delay) {
  if (!(delay.count() > 1)) return std::chrono::milliseconds(1);
  if (delay.count() >= 9e18) return std::chrono::milliseconds::max();
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(delay.count())));
}
}  // namespace detail

// Thrown by a handler: again after `delay` (at least a millisecond), no attempt spent.
class Snooze : public std::runtime_error {
 public:
  template <class Rep, class Period>
  explicit Snooze(std::chrono::duration<Rep, Period> delay, const std::string& why = "")
      : std::runtime_error(why), delay_(detail::whole_delay(delay)) {}

  [[nodiscard]] std::chrono::milliseconds delay() const { return delay_; }

 private:
  std::chrono::milliseconds delay_;
};

// Thrown by a handler: this attempt has failed, and the next one is due after `delay`, in place of
// the configured pause. Without an attempt left the event becomes a dead letter as usual.
class Retry : public std::runtime_error {
 public:
  template <class Rep, class Period>
  explicit Retry(std::chrono::duration<Rep, Period> delay, const std::string& why = "to be retried")
      : std::runtime_error(why), delay_(detail::whole_delay(delay)) {}

  [[nodiscard]] std::chrono::milliseconds delay() const { return delay_; }

 private:
  std::chrono::milliseconds delay_;
};

// The base of all events. One object is made for each run, on the runner's only thread.
class Event {
 public:
  using Level = action::Level;
  static constexpr Options options{};

  Event() : host_(detail::current_run.host), run_(detail::current_run.run) {}
  virtual ~Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  // Does the event's work. A std::exception fails this attempt with its what().
  virtual void process() = 0;

  // Runs when the event won't be tried again, before its dead letter is stored: after its last
  // attempt, a crash or a timeout included, and after a Discard; failure() says why. On an object
  // of its own and without filters; at least once, so it must tolerate running twice. What it
  // throws is logged and changes nothing.
  virtual void on_dead() {}

  // The params: always an object. params()["to"] is null if there is no "to", and adds none.
  [[nodiscard]] Params params() const { return Params(params_object()); }

  // The param of this name as a T, nested ones with dots: param<int>("order.count"). Throws
  // std::invalid_argument with a sentence if it is missing or of another type.
  template <class T>
  [[nodiscard]] T param(const std::string& key) const {
    const nlohmann::json* value = detail::find_value(params_object(), key);
    if (!value) throw std::invalid_argument("param '" + key + "' is missing");
    return Params(*value, key).get<T>();
  }
  // The same, or `fallback` if there is none or it is null.
  template <class T>
  [[nodiscard]] detail::OwnedType<T> param(const std::string& key, T fallback) const {
    const nlohmann::json* value = detail::find_value(params_object(), key);
    if (!value || value->is_null()) return detail::OwnedType<T>(std::move(fallback));
    return Params(*value, key).get<detail::OwnedType<T>>();
  }

  [[nodiscard]] std::string name() const { return text(&action_run::event); }
  [[nodiscard]] std::string id() const { return text(&action_run::id); }
  [[nodiscard]] std::string queue() const { return text(&action_run::queue); }

  // 1 for the first.
  [[nodiscard]] int attempt() const { return detail::field(run_, &action_run::attempt); }

  // How often the event is tried at most; 0 if this actiond is too old to say it.
  [[nodiscard]] int attempts() const { return detail::field(run_, &action_run::attempts); }

  // In on_dead(): why the event failed. Empty elsewhere.
  [[nodiscard]] std::string failure() const {
    const char* reason = detail::field(run_, &action_run::reason);
    return reason ? std::string(reason, detail::field(run_, &action_run::reason_size)) : "";
  }

  // When it was queued; the epoch if nobody said so.
  [[nodiscard]] std::chrono::system_clock::time_point enqueued_at() const {
    const auto since_epoch = detail::field(run_, &action_run::enqueued_at_ms);
    return std::chrono::system_clock::time_point(std::chrono::milliseconds(since_epoch));
  }

  // As action::trace().
  [[nodiscard]] Trace trace() const { return detail::trace_of(host_); }

  // True when the run should end soon, since its time is over. Cheap: ask in every loop.
  [[nodiscard]] bool cancelled() const {
    const auto ask = detail::field(host_, &action_host::is_cancelled);
    return ask && ask(host_->ctx) != 0;
  }

  // As the functions of the same names in namespace action, which serve code outside of events.
  template <class... Args>
  void log(Level level, fmt::format_string<Args...> format, Args&&... args) const {
    detail::log_format(host_, level, format, fmt::make_format_args(args...));
  }
  template <class... Args>
  void log(fmt::format_string<Args...> format, Args&&... args) const {
    detail::log_format(host_, Level::Info, format, fmt::make_format_args(args...));
  }
  [[nodiscard]] nlohmann::json config(const std::string& key) const {
    return detail::config_value(host_, key);
  }
  template <class T>
  [[nodiscard]] T config(const std::string& key) const {
    return detail::config_required<T>(host_, key);
  }
  template <class T>
  [[nodiscard]] detail::OwnedType<T> config(const std::string& key, T fallback) const {
    return detail::config_or<T>(host_, key, std::move(fallback));
  }
  std::string queue_action_event(const std::string& event, const nlohmann::json& params = {},
                                 const QueueOptions& queue_options = {}) const {
    return detail::queue_event(host_, event, params, queue_options);
  }
  template <class T>
  std::string queue_action_event(const nlohmann::json& params = {},
                                 const QueueOptions& queue_options = {}) const {
    return detail::queue_class<T>(host_, params, queue_options);
  }

 protected:
  // Filters: member functions without arguments that return void or bool, declared in
  // constructors, so a base class's run first. Before filters run before process(); one that
  // answers false ends the event there, done. After filters run after a success; their answer is
  // ignored. A filter that is declared twice runs once, in its first place; skipping one that
  // isn't there is no error. To name a protected filter of a base class, C++ wants the class that
  // you are in:
  //   skip_before_filter(&SendEmailEvent::require_account);
  template <class Function, class C>
  void before_filter(Function C::*filter) {
    before_.add(detail::to_filter<Event>(filter));
  }
  template <class Function, class C>
  void skip_before_filter(Function C::*filter) {
    before_.remove(detail::to_filter<Event>(filter));
  }
  template <class Function, class C>
  void after_filter(Function C::*filter) {
    after_.add(detail::to_filter<Event>(filter));
  }
  template <class Function, class C>
  void skip_after_filter(Function C::*filter) {
    after_.remove(detail::to_filter<Event>(filter));
  }

 private:
  friend struct detail::EventRunner;

  std::string text(const char* action_run::*member) const {
    const char* value = detail::field(run_, member);
    return value ? value : "";
  }

  // Threads of the handler may be the first to ask.
  const nlohmann::json& params_object() const {
    if (is_parsed_.load(std::memory_order_acquire)) return params_;
    const std::lock_guard lock(parsing_);
    if (!is_parsed_.load(std::memory_order_relaxed)) params_ = parsed_params();
    is_parsed_.store(true, std::memory_order_release);
    return params_;
  }

  nlohmann::json parsed_params() const {
    const char* begin = detail::field(run_, &action_run::params);
    const auto size = detail::field(run_, &action_run::params_size);
    if (!begin || size == 0) return nlohmann::json::object();
    return nlohmann::json::parse(begin, begin + size);
  }

  const action_host* host_;
  const action_run* run_;
  mutable std::mutex parsing_;  // std::call_once would cost a system call each time
  mutable std::atomic<bool> is_parsed_ = false;
  mutable nlohmann::json params_;
  detail::FilterChain<Event> before_;
  detail::FilterChain<Event> after_;
};

}  // namespace action

#include <action/detail/plugin.hpp>

namespace action {
inline namespace by_host {

// Queues an event of this class: its name is the class's, and its queue the one that the class
// declares, unless `options` name one. `actiond check` warns if no plugin provides it. A class that
// another plugin registers under a name of its own must be queued by that name.
template <class T>
__attribute__((visibility("hidden"))) std::string queue_action_event(
    const nlohmann::json& params = {}, const QueueOptions& options = {}) {
  return detail::queue_class<T>(detail::attached_host, params, options);
}

}  // namespace by_host
}  // namespace action

// Makes a class an event of this plugin. Its name is the class's, without namespaces and a final
// "Event", in snake_case: HTTPPingEvent is "http_ping". ACTION_EVENT(Class, "name") gives another.
// Write it after the class, outside of functions, in a source file (a header would repeat it).
#define ACTION_EVENT(...)                                                                   \
  ACTION_DETAIL_THIRD(__VA_ARGS__, ACTION_DETAIL_NAMED_EVENT, ACTION_DETAIL_CLASS_EVENT, ~) \
  (__VA_ARGS__)

// Runs `function` (void()) once in each runner before the first event; several run in the order
// written. One that throws refuses the plugin with its what().
#define ACTION_SETUP(...)                                                  \
  [[maybe_unused]] static const bool ACTION_DETAIL_UNIQUE(action_setup_) = \
      ::action::detail::add_setup(__VA_ARGS__);

// Runs `function` (void()) once in each runner after its last event; several run in reverse order.
#define ACTION_TEARDOWN(...)                                                  \
  [[maybe_unused]] static const bool ACTION_DETAIL_UNIQUE(action_teardown_) = \
      ::action::detail::add_teardown(__VA_ARGS__);

#endif
