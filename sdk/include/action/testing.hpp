// Runs a plugin's events in a unit test, without host or broker:
//
//   action::testing::Plugin plugin({.config = {{"smtp", {{"host", "h"}}}}});  // runs its setup
//   const auto ran = plugin.run("send_email", {{"to", "ada@example.org"}}, {.attempt = 2});
//   CHECK(ran.outcome == action::testing::Outcome::Done);
//   CHECK(ran.queued.at(0).event == "audit");
//
// Link the test with the plugin's source files. An event whose class the test can see may also be
// run as run<SendEmailEvent>({...}), registered or not. The event goes through the same functions
// as under the host; only the host's table is made up (detail/fake_host.hpp).
#ifndef ACTION_TESTING_HPP
#define ACTION_TESTING_HPP

#include <action/detail/fake_host.hpp>
#include <action/event.hpp>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace action::testing {

namespace detail {

namespace sdk = ::action::detail;

inline const action_event* registered(std::string_view name) {
  for (const action_event* event : sdk::registry().events) {
    if (name == event->name) return event;
  }
  return nullptr;
}

template <class T>
const action_event* registered() {
  for (const action_event* event : sdk::registry().events) {
    if (event->run == &sdk::run_event<T>) return event;
  }
  return nullptr;
}

// The event of a class that no ACTION_EVENT names. Valid until the process ends.
template <class T>
const action_event& made_up_event() {
  static const action_event event = sdk::make_event<T>(sdk::default_event_name<T>.text);
  return event;
}

inline RunOptions with_queue(RunOptions options, const action_event& event) {
  if (options.queue.empty()) options.queue = event.queue ? event.queue : "medium";
  return options;
}

inline Ran run(const action_event& event, const nlohmann::json& params, const RunOptions& options) {
  return FakeHost(with_queue(options, event)).run(event, params);
}

inline const action_event& registered_or_throw(const std::string& name) {
  if (const action_event* event = registered(name)) return *event;
  throw std::invalid_argument("no event is called " + name + ": is its file linked to this test?");
}

template <class T>
const action_event& event_of() {
  const action_event* event = registered<T>();
  return event ? *event : made_up_event<T>();
}

}  // namespace detail

// Runs the event of this name. Throws std::invalid_argument if the test is linked with none.
[[nodiscard]] inline Ran run(const std::string& name, const nlohmann::json& params = {},
                             const RunOptions& options = {}) {
  return detail::run(detail::registered_or_throw(name), params, options);
}

// Runs an event of this class.
template <class T>
[[nodiscard]] Ran run(const nlohmann::json& params = {}, const RunOptions& options = {}) {
  return detail::run(detail::event_of<T>(), params, options);
}

// Runs what ACTION_SETUP registered: Done, or Failed with the reason.
[[nodiscard]] inline Ran setup(const RunOptions& options = {}) {
  return detail::FakeHost(options).call(
      [](const action_host* host) { return ::action::detail::setup(host); });
}

// Runs what ACTION_TEARDOWN registered.
inline Ran teardown(const RunOptions& options = {}) {
  return detail::FakeHost(options).call([](const action_host* host) {
    ::action::detail::teardown(host);
    return ACTION_DONE;
  });
}

struct PluginOptions {
  nlohmann::json config = nlohmann::json::object();  // the configuration's `environment:`
};

// The plugin that the test is linked with, set up as a runner would: its setup runs now and its
// teardown at the end of the object's life. Throws std::runtime_error if a setup fails. Its
// configuration is that of every run whose own options have none.
class Plugin {
 public:
  explicit Plugin(PluginOptions options = {}) : options_(std::move(options)) {
    setup_ = setup(with_config({}));
    if (setup_.outcome != Outcome::Done)
      throw std::runtime_error("the plugin's setup failed: " + setup_.reason);
  }
  ~Plugin() { teardown(with_config({})); }
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;

  // As the functions of these names.
  [[nodiscard]] Ran run(const std::string& name, const nlohmann::json& params = {},
                        const RunOptions& options = {}) const {
    return testing::run(name, params, with_config(options));
  }
  template <class T>
  [[nodiscard]] Ran run(const nlohmann::json& params = {}, const RunOptions& options = {}) const {
    return testing::run<T>(params, with_config(options));
  }

  // Runs the event's on_dead(), as if it had failed for this reason.
  [[nodiscard]] Ran die(const std::string& name, const std::string& reason,
                        const nlohmann::json& params = {}, const RunOptions& options = {}) const {
    const action_event& event = detail::registered_or_throw(name);
    return detail::FakeHost(detail::with_queue(with_config(options), event))
        .die(event, params, reason);
  }

  // What the setup logged.
  [[nodiscard]] const std::vector<Logged>& logged() const { return setup_.logged; }

 private:
  [[nodiscard]] RunOptions with_config(RunOptions options) const {
    if (options.config.empty()) options.config = options_.config;
    return options;
  }

  PluginOptions options_;
  Ran setup_;
};

}  // namespace action::testing

#endif
