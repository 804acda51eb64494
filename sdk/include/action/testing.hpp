// Runs an event in a unit test, without host or broker:
//
//   const auto ran = action::testing::run("send_email", {{"to", "ada@example.org"}},
//                                         {.attempt = 2, .config = {{"smtp", {{"host", "h"}}}}});
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
  static const std::string name = [] {
    const std::string class_name = sdk::type_name(typeid(T));
    std::string text(2 * class_name.size(), '\0');
    text.resize(sdk::write_event_name(class_name, text.data()));
    return text;
  }();
  static const action_event event = sdk::make_event<T>(name.c_str());
  return event;
}

inline Ran run(const action_event& event, const nlohmann::json& params, RunOptions options) {
  if (options.queue.empty()) options.queue = event.queue ? event.queue : "medium";
  return FakeHost(options).run(event, params);
}

}  // namespace detail

// Runs the event of this name. Throws std::invalid_argument if the test is linked with none.
inline Ran run(const std::string& name, const nlohmann::json& params = {},
               const RunOptions& options = {}) {
  if (const action_event* event = detail::registered(name)) {
    return detail::run(*event, params, options);
  }
  throw std::invalid_argument("no event is called " + name + ": is its file linked to this test?");
}

// Runs an event of this class.
template <class T>
Ran run(const nlohmann::json& params = {}, const RunOptions& options = {}) {
  const action_event* event = detail::registered<T>();
  return detail::run(event ? *event : detail::made_up_event<T>(), params, options);
}

// Runs what ACTION_SETUP registered: Done, or Failed with the reason.
inline Ran setup(const RunOptions& options = {}) {
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

}  // namespace action::testing

#endif
