#include "runner/dispatch.hpp"

#include <fmt/format.h>

#include "base/clock.hpp"
#include "base/json_object.hpp"
#include "client/names.hpp"
#include "runner/own_process.hpp"

namespace actiond {
namespace {

// The ABI's texts end with a NUL; a frame's do not. Reused from run to run.
struct RunTexts {
  std::string event, id, queue;
};

action_run to_abi(const RunFrame& run, std::string_view params, RunTexts& texts) {
  texts.event = run.event;
  texts.id = run.id;
  texts.queue = run.queue;
  action_run input{};
  input.size = sizeof input;
  input.attempt = run.attempt;
  input.attempts = run.attempts;
  input.event = texts.event.c_str();
  input.id = texts.id.c_str();
  input.queue = texts.queue.c_str();
  input.params = params.data();
  input.params_size = params.size();
  input.enqueued_at_ms = run.enqueued_at_ms;
  if (run.is_dead != 0) {
    input.reason = run.reason.data();
    input.reason_size = run.reason.size();
  }
  return input;
}

// The handler, or what wants to hear of the event's death; done if nobody does.
action_status call(const action_event& event, bool is_dead, HostApi& host, const action_run& run) {
  if (!is_dead) return event.run(event.ctx, host.table(), &run);
  const bool hears = ACTIOND_HOLDS(event, action_event, on_dead) && event.on_dead != nullptr;
  return hears ? event.on_dead(event.ctx, host.table(), &run) : ACTION_DONE;
}

Ending ending_of(action_status status) {
  switch (status) {
    case ACTION_DONE:
      return Ending::Done;
    case ACTION_HALTED:
      return Ending::Halted;
    case ACTION_DISCARDED:
      return Ending::Discarded;
    case ACTION_SNOOZED:
      return Ending::Snoozed;
    default:
      return Ending::Failed;
  }
}

std::string default_reason(action_status status) {
  if (status == ACTION_FAILED) return "it failed and gave no reason";
  if (status == ACTION_DISCARDED) return "it was discarded and gave no reason";
  if (status > ACTION_SNOOZED || status < 0)
    return fmt::format("its handler returned {}, which is not a status: the event counts as failed",
                       status);
  return {};
}

}  // namespace

Outcome dispatch(const RunFrame& run, const HandlerTable& handlers, HostApi& host) {
  static RunTexts texts;
  const std::string_view params =
      run.params.empty() ? std::string_view("{}") : without_byte_order_mark(run.params);
  const action_event* event = handlers.find(run.event);
  if (const auto possible = action::check_event(run.event); event == nullptr && !possible)
    return {Ending::Malformed, possible.error().text, {}, {}};
  if (auto problem = problem_with_params(run.params); !problem.empty())
    return {Ending::Malformed, std::move(problem), {}, {}};
  if (event == nullptr)
    return {Ending::Unknown, fmt::format("no plugin provides the event '{}'", run.event), {}, {}};

  const action_run input = to_abi(run, params, texts);
  const auto begun = monotonic_now();
  const action_status status = call(*event, run.is_dead != 0, host, input);
  end_if_copy();
  Outcome outcome;
  outcome.duration = monotonic_now() - begun;
  outcome.ending = ending_of(status);
  outcome.reason = host.take_reason();
  if (outcome.reason.empty()) outcome.reason = default_reason(status);
  outcome.snooze = std::chrono::milliseconds(host.snooze_ms());
  if (outcome.ending == Ending::Failed) outcome.retry = std::chrono::milliseconds(host.retry_ms());
  return outcome;
}

}  // namespace actiond
