// The host of a unit test: a table of functions that write down what an event asks for. Included by
// testing.hpp, never in a plugin.
#ifndef ACTION_DETAIL_FAKE_HOST_HPP
#define ACTION_DETAIL_FAKE_HOST_HPP

#include <action/abi.h>

#include <action/detail/host.hpp>
#include <action/detail/names.hpp>
#include <algorithm>
#include <chrono>
#include <cstring>
#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace action::testing {

// What a run of an event came to; each says what the host would do with it.
enum class Outcome : action_status {
  Done = ACTION_DONE,
  Halted = ACTION_HALTED,
  Failed = ACTION_FAILED,
  Discarded = ACTION_DISCARDED,
  Snoozed = ACTION_SNOOZED
};

inline std::ostream& operator<<(std::ostream& out, Outcome outcome) {
  constexpr const char* names[] = {"Done", "Halted", "Failed", "Discarded", "Snoozed"};
  return out << names[static_cast<action_status>(outcome)];
}

// How the event is run; params are an argument of their own.
struct RunOptions {
  int attempt = 1;
  int attempts = 20;    // how often it is tried at most
  std::string queue{};  // empty: the one that the event declares, else "medium"
  std::string id = "00000000-0000-4000-8000-000000000000";
  std::chrono::system_clock::time_point enqueued_at{};
  bool cancelled = false;
  Trace trace{};                                     // that the event belongs to
  nlohmann::json config = nlohmann::json::object();  // the configuration's `environment:`
};

struct Queued {
  std::string event;
  std::string queue;  // empty: not told
  nlohmann::json params;
  std::string id;
  std::chrono::milliseconds in{0};  // how much later it is to run, also if it was queued by `at`
  std::chrono::milliseconds expires{0};  // so long after that; 0: never
  std::string unique{};                  // its key; empty: none
  std::chrono::milliseconds unique_for{0};
};

struct Logged {
  Level level;
  std::string text;
};

struct Ran {
  Outcome outcome = Outcome::Failed;
  std::string reason{};  // why it failed, was discarded or snoozed
  std::chrono::milliseconds snooze{0};
  std::chrono::milliseconds retry{0};  // after which pause, if the event says so; else 0
  std::vector<Queued> queued{};
  std::vector<Logged> logged{};
};

namespace detail {

class FakeHost {
 public:
  explicit FakeHost(const RunOptions& options)
      : options_(options), table_{sizeof(action_host),     ACTION_ABI_MAJOR,
                                  ACTION_ABI_MINOR,        this,
                                  &FakeHost::log,          &FakeHost::queue,
                                  &FakeHost::config,       &FakeHost::is_cancelled,
                                  &FakeHost::set_reason,   &FakeHost::set_snooze,
                                  &FakeHost::extension,    &FakeHost::set_retry,
                                  &FakeHost::trace_parent, &FakeHost::trace_state} {}
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  // Attaches itself for the time of the call, as the plugin's only host.
  template <class Function>
  Ran call(Function function) {
    const action_host* before = ::action::detail::attached_host;
    ::action::detail::attached_host = &table_;
    ran_.outcome = static_cast<Outcome>(function(&table_));
    ::action::detail::attached_host = before;
    return std::move(ran_);
  }

  Ran run(const action_event& event, const nlohmann::json& params) {
    const std::string text = params.is_null() ? "{}" : params.dump();
    const action_run run = run_of(event, text);
    return call([&](const action_host* host) { return event.run(event.ctx, host, &run); });
  }

  // Done if the event has no on_dead().
  Ran die(const action_event& event, const nlohmann::json& params, std::string_view reason) {
    const std::string text = params.is_null() ? "{}" : params.dump();
    action_run run = run_of(event, text);
    run.reason = reason.data();
    run.reason_size = reason.size();
    return call([&](const action_host* host) {
      return event.on_dead ? event.on_dead(event.ctx, host, &run) : ACTION_DONE;
    });
  }

 private:
  action_run run_of(const action_event& event, const std::string& text) const {
    action_run run{};
    run.size = sizeof run;
    run.attempt = options_.attempt;
    run.attempts = options_.attempts;
    run.event = event.name;
    run.id = options_.id.c_str();
    run.queue = options_.queue.c_str();
    run.params = text.data();
    run.params_size = text.size();
    run.enqueued_at_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                             options_.enqueued_at.time_since_epoch())
                             .count();
    return run;
  }

  static FakeHost& self(void* ctx) { return *static_cast<FakeHost*>(ctx); }

  static void log(void* ctx, action_level level, const char* text, std::uint64_t size) {
    const std::lock_guard lock(self(ctx).mutex_);
    self(ctx).ran_.logged.push_back({static_cast<Level>(level), std::string(text, size)});
  }

  static const char* queue(void* ctx, const action_request* request, char* id) {
    if (!request->event || !::action::detail::is_event_name(request->event)) {
      return "an event's name is made of [a-z0-9_.-]";
    }
    const std::string_view text =
        request->params_size ? std::string_view(request->params, request->params_size) : "{}";
    auto params = nlohmann::json::parse(text, nullptr, false);
    if (!params.is_object()) return "params must be a JSON object";
    const std::lock_guard lock(self(ctx).mutex_);
    auto& queued = self(ctx).ran_.queued;
    queued.push_back({request->event, request->queue ? request->queue : "", std::move(params),
                      made_up_id(queued.size() + 1), delay_of(*request), expires_of(*request),
                      unique_of(*request), unique_for(*request)});
    if (id) std::memcpy(id, queued.back().id.c_str(), ACTION_ID_SIZE);
    return nullptr;
  }

  static std::chrono::milliseconds delay_of(const action_request& request) {
    const auto delay_ms = ::action::detail::field(&request, &action_request::delay_ms);
    return std::chrono::milliseconds(std::max<std::int64_t>(0, delay_ms));
  }

  static std::chrono::milliseconds expires_of(const action_request& request) {
    const auto expires_ms = ::action::detail::field(&request, &action_request::expires_ms);
    return std::chrono::milliseconds(std::max<std::int64_t>(0, expires_ms));
  }

  static std::string unique_of(const action_request& request) {
    const char* const unique = ::action::detail::field(&request, &action_request::unique);
    return unique != nullptr ? unique : "";
  }

  static std::chrono::milliseconds unique_for(const action_request& request) {
    const auto unique_ms = ::action::detail::field(&request, &action_request::unique_ms);
    return std::chrono::milliseconds(std::max<std::int64_t>(0, unique_ms));
  }

  static std::string made_up_id(std::size_t number) {
    return fmt::format("00000000-0000-4000-8000-{:012}", number);
  }

  static const char* config(void* ctx, const char* key) {
    const nlohmann::json* value = &self(ctx).options_.config;
    for (std::string_view rest = key; !rest.empty();) {
      const auto dot = std::min(rest.find('.'), rest.size());
      const std::string part(rest.substr(0, dot));
      if (!value->is_object() || !value->contains(part)) return nullptr;
      value = &value->at(part);
      rest.remove_prefix(std::min(dot + 1, rest.size()));
    }
    const std::lock_guard lock(self(ctx).mutex_);
    return self(ctx).config_texts_.emplace_back(value->dump()).c_str();
  }

  static std::int32_t is_cancelled(void* ctx) { return self(ctx).options_.cancelled; }

  static void set_reason(void* ctx, const char* text, std::uint64_t size) {
    self(ctx).ran_.reason.assign(text, size);
  }

  static void set_snooze(void* ctx, std::int64_t delay_ms) {
    self(ctx).ran_.snooze = std::chrono::milliseconds(delay_ms);
  }

  static void set_retry(void* ctx, std::int64_t delay_ms) {
    self(ctx).ran_.retry = std::chrono::milliseconds(delay_ms);
  }

  static const void* extension(void*, const char*) { return nullptr; }

  static const char* text_or_null(const std::string& text) {
    return text.empty() ? nullptr : text.c_str();
  }
  static const char* trace_parent(void* ctx) {
    return text_or_null(self(ctx).options_.trace.parent);
  }
  static const char* trace_state(void* ctx) { return text_or_null(self(ctx).options_.trace.state); }

  const RunOptions options_;
  action_host table_;
  std::mutex mutex_;  // an event may log and queue from threads of its own
  Ran ran_;
  std::deque<std::string> config_texts_;  // a deque: what it holds stays where it is
};

}  // namespace detail
}  // namespace action::testing

#endif
