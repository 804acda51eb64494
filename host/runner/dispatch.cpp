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
  return {sizeof(action_run),  run.attempt,   texts.event.c_str(), texts.id.c_str(),
          texts.queue.c_str(), params.data(), params.size(),       run.enqueued_at_ms};
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
  if (event == nullptr)
    return {Ending::Unknown, fmt::format("no plugin provides the event '{}'", run.event), {}, {}};
  if (!is_json_object(params))
    return {Ending::Malformed,
            fmt::format("its body is not a JSON object: it {}", why_no_json_object(params)),
            {},
            {}};

  const action_run input = to_abi(run, params, texts);
  const auto begun = monotonic_now();
  const action_status status = event->run(event->ctx, host.table(), &input);
  end_if_copy();
  Outcome outcome;
  outcome.duration = monotonic_now() - begun;
  outcome.ending = ending_of(status);
  outcome.reason = host.take_reason();
  if (outcome.reason.empty()) outcome.reason = default_reason(status);
  outcome.snooze = std::chrono::milliseconds(host.snooze_ms());
  return outcome;
}

}  // namespace actiond
