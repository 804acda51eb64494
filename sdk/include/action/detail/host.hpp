// The host as C++ sees it: the C table behind functions that take and return C++ values.
#ifndef ACTION_DETAIL_HOST_HPP
#define ACTION_DETAIL_HOST_HPP

// Header-only, so that a plugin needs no libfmt beside it; whoever included fmt before has chosen.
#if !defined(FMT_VERSION) && !defined(FMT_HEADER_ONLY)
#define FMT_HEADER_ONLY
#endif
#include <action/abi.h>
#include <fmt/format.h>

#include <action/detail/values.hpp>
#include <action/queue_options.hpp>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace action {

enum class Level : action_level {
  Debug = ACTION_DEBUG,
  Info = ACTION_INFO,
  Warning = ACTION_WARNING,
  Error = ACTION_ERROR
};

}  // namespace action

// The host and the run are this plugin's own: hidden, they never unify with another plugin's.
#pragma GCC visibility push(hidden)
namespace action {

namespace detail {

// The host that this plugin was attached to; null before that, and outside of a plugin.
inline constinit const action_host* attached_host = nullptr;

struct CurrentRun {
  const action_host* host = nullptr;
  const action_run* run = nullptr;
};

// The run whose event is being constructed, so that its constructor can ask for params() as well.
inline constinit thread_local CurrentRun current_run{};

// A field of a struct that the host owns; the zero value if that host is older than the field.
template <class Struct, class Field>
Field field(const Struct* from, Field Struct::*member) {
  if (!from) return Field{};
  const auto* start = reinterpret_cast<const char*>(from);
  const auto* end = reinterpret_cast<const char*>(&(from->*member) + 1);
  return from->size >= static_cast<std::size_t>(end - start) ? from->*member : Field{};
}

// Without a host (a helper that is called in a unit test) a line goes to stderr.
inline void log_text(const action_host* host, Level level, std::string_view text) {
  if (const auto log = field(host, &action_host::log)) {
    log(host->ctx, static_cast<action_level>(level), text.data(), text.size());
  } else if (!host) {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
  }
}

inline void log_format(const action_host* host, Level level, fmt::string_view format,
                       fmt::format_args args) {
  fmt::memory_buffer text;
  fmt::vformat_to(std::back_inserter(text), format, args);
  log_text(host, level, {text.data(), text.size()});
}

inline void set_reason(const action_host* host, std::string_view text) {
  if (const auto set = field(host, &action_host::set_reason)) {
    set(host->ctx, text.data(), text.size());
  }
}

inline std::string params_text(const std::string& event, const nlohmann::json& params) {
  if (params.is_null()) return "{}";
  try {
    return params.dump();
  } catch (const nlohmann::json::exception& error) {
    throw std::invalid_argument("params of " + event + " are not JSON: " + error.what());
  }
}

// A host of minor version 0 would run it at once, for it does not read so far.
inline std::chrono::milliseconds delay_for(const action_host* host, const std::string& event,
                                           const QueueOptions& options) {
  if (const char* problem = problem_with(options))
    throw std::invalid_argument("can't queue " + event + ": " + problem);
  if (!options.trace.parent.empty())
    throw std::invalid_argument(
        "can't queue " + event +
        ": in a handler it belongs to the handler's trace: leave out .trace");
  const auto delay = delay_of(options, std::chrono::system_clock::now());
  if (delay.count() > 0 && host->abi_minor < 1)
    throw std::runtime_error("can't queue " + event + " for later: this actiond is too old for it");
  return delay;
}

// Nor would one of minor version 3 let it expire.
inline std::int64_t expires_ms_for(const action_host* host, const std::string& event,
                                   const QueueOptions& options) {
  if (options.expires.count() > 0 && host->abi_minor < 4)
    throw std::runtime_error("can't queue " + event +
                             " with .expires: this actiond is too old for it");
  return options.expires.count();
}

// One of minor version 4 knows no keys.
inline void make_unique(const action_host* host, const std::string& event,
                        const QueueOptions& options, action_request& request) {
  if (options.unique.empty()) return;
  if (host->abi_minor < 5)
    throw std::runtime_error("can't queue " + event +
                             " with .unique: this actiond is too old for it");
  request.unique = options.unique.c_str();
  request.unique_ms = options.unique_for.count();
}

inline std::string queue_event(const action_host* host, const std::string& event,
                               const nlohmann::json& params, const QueueOptions& options) {
  const auto queue = field(host, &action_host::queue_event);
  if (!queue) throw std::runtime_error("can't queue " + event + ": no actiond is attached");
  const std::string text = params_text(event, params);
  action_request request{};
  request.size = sizeof request;
  request.event = event.c_str();
  request.queue = options.queue.empty() ? nullptr : options.queue.c_str();
  request.params = text.data();
  request.params_size = text.size();
  request.delay_ms = delay_for(host, event, options).count();
  request.expires_ms = expires_ms_for(host, event, options);
  make_unique(host, event, options, request);
  char id[ACTION_ID_SIZE] = "";
  if (const char* problem = queue(host->ctx, &request, id)) throw std::invalid_argument(problem);
  return id;
}

// Copies, for the host's text ends with the run.
inline Trace trace_of(const action_host* host) {
  const auto text = [host](auto member) {
    const auto ask = field(host, member);
    const char* value = ask ? ask(host->ctx) : nullptr;
    return value ? std::string(value) : std::string();
  };
  return {text(&action_host::trace_parent), text(&action_host::trace_state)};
}

inline nlohmann::json config_value(const action_host* host, const std::string& key) {
  const auto config = field(host, &action_host::config);
  const char* text = config ? config(host->ctx, key.c_str()) : nullptr;
  return text ? nlohmann::json::parse(text) : nlohmann::json();
}

template <class T>
T config_as(const std::string& key, const nlohmann::json& value) {
  return value_as<T>(value, "configuration: '" + key + "'");
}

template <class T>
OwnedType<T> config_or(const action_host* host, const std::string& key, T fallback) {
  const nlohmann::json value = config_value(host, key);
  if (value.is_null()) return OwnedType<T>(std::move(fallback));
  return config_as<OwnedType<T>>(key, value);
}

template <class T>
T config_required(const action_host* host, const std::string& key) {
  const nlohmann::json value = config_value(host, key);
  if (!value.is_null()) return config_as<T>(key, value);
  throw std::runtime_error("configuration: environment has no " + key);
}

}  // namespace detail

// Writes a line to the poller's log: log("mailing {}", address), with Level::Info unless told.
// The format is checked at compile time, so text that is made at run time goes as log("{}",
// text).
template <class... Args>
void log(Level level, fmt::format_string<Args...> format, Args&&... args) {
  detail::log_format(detail::attached_host, level, format, fmt::make_format_args(args...));
}

template <class... Args>
void log(fmt::format_string<Args...> format, Args&&... args) {
  detail::log_format(detail::attached_host, Level::Info, format, fmt::make_format_args(args...));
}

// A value of the configuration's `environment:`, by its dotted key; null if there is none.
inline nlohmann::json config(const std::string& key) {
  return detail::config_value(detail::attached_host, key);
}

// The same as a T. Throws std::runtime_error if there is none, or if it is no T.
template <class T>
T config(const std::string& key) {
  return detail::config_required<T>(detail::attached_host, key);
}

// The same, or `fallback` if there is none. Throws std::runtime_error if it is no T.
template <class T>
detail::OwnedType<T> config(const std::string& key, T fallback) {
  return detail::config_or<T>(detail::attached_host, key, std::move(fallback));
}

// The trace context of the event that runs, to hand on to whomever it calls; empty if the event
// belongs to no trace. What the event queues belongs to its trace by itself.
inline Trace trace() {
  return detail::trace_of(detail::attached_host);
}

// client.hpp has one of these as well, a template, which sends by itself. Where both are included,
// in whatever order, this one is called, because a function wins over a template.
inline namespace by_host {

// Queues an event and returns its id. It is sent at once; the event that runs meanwhile counts as
// finished only when the broker has confirmed it. Throws std::invalid_argument with the host's
// sentence if the request is bad, std::runtime_error where no host is attached.
inline std::string queue_action_event(const std::string& event, const nlohmann::json& params = {},
                                      const QueueOptions& options = {}) {
  return detail::queue_event(detail::attached_host, event, params, options);
}

}  // namespace by_host

}  // namespace action
#pragma GCC visibility pop

#endif
