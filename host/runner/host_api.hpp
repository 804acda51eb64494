// The host's side of abi.h in a runner: the table of functions that plugins call, each turned into
// a frame to the poller or an answer from the setup.
#pragma once

#include <action/abi.h>

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "runner/outbox.hpp"
#include "wire/progress.hpp"
#include "wire/setup.hpp"

namespace actiond {

class HostApi {
 public:
  // All three must outlive it.
  HostApi(const RunnerSetup& setup, Outbox& outbox, const Progress& progress);
  HostApi(const HostApi&) = delete;
  HostApi& operator=(const HostApi&) = delete;

  const action_host* table() const { return &table_; }

  // From now on, what plugins do belongs to run `number`; 0: to none. What threads do that were
  // started in a run before belongs to none, and a copy of this process does nothing at all.
  // `trace_parent` and `trace_state` are the run's; empty: it has none.
  void begin_run(std::uint64_t number, std::string_view trace_parent = {},
                 std::string_view trace_state = {});

  // What the plugin has said since begin_run.
  std::string take_reason();
  std::int64_t snooze_ms();
  std::int64_t retry_ms();

 private:
  static HostApi& self(void* ctx) { return *static_cast<HostApi*>(ctx); }
  static void log(void* ctx, action_level level, const char* text, std::uint64_t size);
  static const char* queue_event(void* ctx, const action_request* request, char* id);
  static const char* config(void* ctx, const char* key);
  static std::int32_t is_cancelled(void* ctx);
  static void set_reason(void* ctx, const char* text, std::uint64_t size);
  static void set_snooze(void* ctx, std::int64_t delay_ms);
  static void set_retry(void* ctx, std::int64_t delay_ms);
  static const void* extension(void* ctx, const char* id);
  static const char* trace_parent(void* ctx);
  static const char* trace_state(void* ctx);

  // What is wrong with the request, as a sentence; empty: nothing.
  std::string problem_with(const action_request& request) const;
  // Sends it as the run's; the answer is as queue_event's.
  std::string send(const action_request& request, char* id);
  // A text of the run, for the thread that asks; null if it is empty, or of another run.
  const char* of_this_run(const std::string& text);
  // Does the calling thread belong to a run that has ended?
  bool is_late() const;
  const char* config_text(const std::string& key);

  const RunnerSetup& setup_;
  Outbox& outbox_;
  const Progress& progress_;
  action_host table_{};

  std::mutex mutex_;                       // plugins may call from threads of their own
  std::atomic<std::uint64_t> number_ = 0;  // changed under the mutex
  std::string reason_;
  std::int64_t snooze_ms_ = 0;
  std::int64_t retry_ms_ = 0;
  std::string trace_parent_;
  std::string trace_state_;
  std::map<std::string, std::string> config_;  // answers given; their text lives as long as we do
};

}  // namespace actiond
