#include "runner/host_api.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "action/detail/names.hpp"
#include "base/json_object.hpp"
#include "base/text.hpp"
#include "client/event_id.hpp"
#include "client/names.hpp"
#include "runner/own_process.hpp"
#include "runner/thread_births.hpp"

namespace actiond {
namespace {

constexpr std::size_t kMostTextBytes = 65536;  // more than a header or a log line can show

// A line as the poller is to get it.
std::string as_told(std::string_view line, bool is_late) {
  std::string told = is_late ? "from a thread that outlived its event: " : "";
  told += utf8_prefix(line, kMostTextBytes);
  if (line.size() > kMostTextBytes) told += fmt::format(" [cut: it had {} bytes]", line.size());
  return told;
}

std::string_view params_of(const action_request& request) {
  return request.params_size == 0 ? std::string_view("{}")
                                  : std::string_view(request.params, request.params_size);
}

// A plugin that was built before there were delays has a smaller request.
std::int64_t delay_of(const action_request& request) {
  constexpr auto end = offsetof(action_request, delay_ms) + sizeof(request.delay_ms);
  return request.size >= end ? std::max<std::int64_t>(0, request.delay_ms) : 0;
}

// One that was built before events could expire, too.
std::int64_t expires_of(const action_request& request) {
  constexpr auto end = offsetof(action_request, expires_ms) + sizeof(request.expires_ms);
  return request.size >= end ? std::max<std::int64_t>(0, request.expires_ms) : 0;
}

// Or before there were unique keys.
bool has_unique(const action_request& request) {
  constexpr auto end = offsetof(action_request, unique_ms) + sizeof(request.unique_ms);
  return request.size >= end && request.unique != nullptr;
}

std::string_view unique_of(const action_request& request) {
  return has_unique(request) ? request.unique : "";
}

}  // namespace

HostApi::HostApi(const RunnerSetup& setup, Outbox& outbox, const Progress& progress)
    : setup_(setup), outbox_(outbox), progress_(progress) {
  table_.size = sizeof table_;
  table_.abi_major = ACTION_ABI_MAJOR;
  table_.abi_minor = ACTION_ABI_MINOR;
  table_.ctx = this;
  table_.log = &HostApi::log;
  table_.queue_event = &HostApi::queue_event;
  table_.config = &HostApi::config;
  table_.is_cancelled = &HostApi::is_cancelled;
  table_.set_reason = &HostApi::set_reason;
  table_.set_snooze = &HostApi::set_snooze;
  table_.extension = &HostApi::extension;
  table_.set_retry = &HostApi::set_retry;
  table_.trace_parent = &HostApi::trace_parent;
  table_.trace_state = &HostApi::trace_state;
}

void HostApi::begin_run(std::uint64_t number, std::string_view trace_parent,
                        std::string_view trace_state) {
  std::lock_guard lock(mutex_);
  number_ = number;
  set_run_of_new_threads(number);
  reason_.clear();
  snooze_ms_ = 0;
  retry_ms_ = 0;
  trace_parent_ = trace_parent;
  trace_state_ = trace_state;
}

const char* HostApi::of_this_run(const std::string& text) {
  const std::lock_guard lock(mutex_);
  return number_ == 0 || is_late() || text.empty() ? nullptr : text.c_str();
}

const char* HostApi::trace_parent(void* ctx) {
  return self(ctx).of_this_run(self(ctx).trace_parent_);
}

const char* HostApi::trace_state(void* ctx) {
  return self(ctx).of_this_run(self(ctx).trace_state_);
}

std::string HostApi::take_reason() {
  std::lock_guard lock(mutex_);
  return std::move(reason_);
}

std::int64_t HostApi::snooze_ms() {
  std::lock_guard lock(mutex_);
  return snooze_ms_;
}

// A thread that works for every run was started outside of them, in ACTION_SETUP.
bool HostApi::is_late() const {
  const auto born_in = run_of_this_thread();
  return !born_in || (*born_in != 0 && *born_in != number_);
}

std::int64_t HostApi::retry_ms() {
  std::lock_guard lock(mutex_);
  return retry_ms_;
}

void HostApi::log(void* ctx, action_level level, const char* text, std::uint64_t size) {
  auto& host = self(ctx);
  if (is_copy()) return;
  std::string_view line(text, size);
  std::string told;
  std::lock_guard lock(host.mutex_);
  const bool is_late = host.is_late();
  if (is_late || size > kMostTextBytes) line = told = as_told(line, is_late);
  host.outbox_.send(LogFrame{is_late ? 0 : host.number_.load(), std::clamp(level, 0, 3), line});
}

// Its answer is the thread's own, until that calls again: another thread's call leaves it alone.
const char* HostApi::queue_event(void* ctx, const action_request* request, char* id) {
  thread_local std::string problem;
  auto& host = self(ctx);
  if (is_copy()) return "a process that a handler forked can't queue events: queue them before";
  problem = host.problem_with(*request);
  if (problem.empty()) problem = host.send(*request, id);
  return problem.empty() ? nullptr : problem.c_str();
}

std::string HostApi::send(const action_request& request, char* id) {
  const std::string new_event = action::new_event_id();
  const bool has_queue = request.queue != nullptr && *request.queue != 0;
  std::lock_guard lock(mutex_);  // the run can't end meanwhile
  if (number_ == 0) return "an event can be queued only while one runs";
  if (is_late())
    return "the event that started this thread has ended: end threads with their event, or start "
           "those that serve all events in ACTION_SETUP";
  outbox_.send(QueueFrame{number_, delay_of(request), request.event, new_event,
                          has_queue ? request.queue : std::string_view(), params_of(request),
                          expires_of(request), unique_of(request),
                          has_unique(request) ? std::max<std::int64_t>(0, request.unique_ms) : 0});
  if (id != nullptr) std::memcpy(id, new_event.c_str(), ACTION_ID_SIZE);
  return {};
}

std::string HostApi::problem_with(const action_request& request) const {
  if (request.event == nullptr || !action::detail::is_event_name(request.event))
    return fmt::format(
        "{} can't be the name of an event: use a-z, 0-9, _, . and -, as in send_email",
        request.event == nullptr ? "nothing" : in_quotes(request.event));
  if (request.queue != nullptr && *request.queue != 0 &&
      std::find(setup_.queues.begin(), setup_.queues.end(), request.queue) == setup_.queues.end())
    return fmt::format("unknown queue '{}': the configuration names {}", request.queue,
                       fmt::join(setup_.queues, ", "));
  if (const auto bytes = params_of(request).size(); bytes > kMaxParamsBytes)
    return fmt::format("the params of '{}' have {} bytes, and an event that is run has at most {}",
                       request.event, bytes, kMaxParamsBytes);
  if (!is_json_object(params_of(request)))
    return fmt::format("the params of '{}' are not a JSON object", request.event);
  if (const auto key = unique_of(request); !key.empty())
    if (auto checked = action::check_unique_key(key); !checked) return checked.error().text;
  return {};
}

const char* HostApi::config(void* ctx, const char* key) {
  auto& host = self(ctx);
  std::lock_guard lock(host.mutex_);
  return key == nullptr ? nullptr : host.config_text(key);
}

const char* HostApi::config_text(const std::string& key) {
  if (const auto known = config_.find(key); known != config_.end()) return known->second.c_str();
  const nlohmann::json* value = &setup_.environment;
  for (std::size_t begin = 0; begin <= key.size();) {
    const auto end = std::min(key.find('.', begin), key.size());
    const auto child =
        value->is_object() ? value->find(key.substr(begin, end - begin)) : value->end();
    if (!value->is_object() || child == value->end()) return nullptr;
    value = &*child;
    begin = end + 1;
  }
  return config_.emplace(key, value->dump()).first->second.c_str();
}

std::int32_t HostApi::is_cancelled(void* ctx) {
  const auto& host = self(ctx);
  const std::uint64_t number = host.number_;
  return number > 0 && (host.is_late() || host.progress_.is_cancelled(number)) ? 1 : 0;
}

void HostApi::set_reason(void* ctx, const char* text, std::uint64_t size) {
  auto& host = self(ctx);
  if (is_copy() || host.is_late()) return;
  std::lock_guard lock(host.mutex_);
  host.reason_ = utf8_prefix({text, size}, kMostTextBytes);
}

void HostApi::set_snooze(void* ctx, std::int64_t delay_ms) {
  auto& host = self(ctx);
  if (is_copy() || host.is_late()) return;
  std::lock_guard lock(host.mutex_);
  host.snooze_ms_ = std::max<std::int64_t>(1, delay_ms);
}

void HostApi::set_retry(void* ctx, std::int64_t delay_ms) {
  auto& host = self(ctx);
  if (is_copy() || host.is_late()) return;
  std::lock_guard lock(host.mutex_);
  host.retry_ms_ = std::max<std::int64_t>(1, delay_ms);
}

const void* HostApi::extension(void*, const char*) {
  return nullptr;
}

}  // namespace actiond
