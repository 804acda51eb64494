#include "poller/runners/runner_slot.hpp"

#include <fmt/format.h>

#include <cassert>
#include <filesystem>
#include <utility>

#include "poller/runners/backtrace.hpp"
#include "wire/crash_text.hpp"

namespace actiond {
namespace {

Outcome outcome_of(const OutcomeFrame& frame) {
  Outcome outcome;
  outcome.ending = frame.ending;
  outcome.reason = frame.reason;
  outcome.snooze = std::chrono::milliseconds(frame.snooze_ms);
  outcome.duration = std::chrono::nanoseconds(frame.duration_ns);
  return outcome;
}

Outcome outcome_of_crash(const ExitStatus& status, const std::string& event,
                         std::chrono::nanoseconds run_time, const Progress& progress) {
  Outcome outcome;
  outcome.ending = Ending::Crashed;
  // A handler that calls exit(0) leaves no answer either: a crash, whatever the status.
  outcome.reason = fmt::format("crashed: {} in {}", status.text(), event);
  outcome.duration = run_time;
  outcome.backtrace = readable_backtrace(crash_text(progress));
  return outcome;
}

// `loading`: the plugin file that it was at, or empty.
std::string how_it_died(const ExitStatus& status, const std::string& loading) {
  if (loading.empty()) return fmt::format("the runner ended by {}", status.text());
  return fmt::format("plugin {} crashed the runner while it was loaded ({})", loading,
                     status.text());
}

}  // namespace

Result<void> RunnerSlot::start(const std::string& setup,
                               const std::vector<std::string>& hidden_variables) {
  assert(!process_ && pipe_.empty());
  auto spawned = spawn_(hidden_variables);
  if (!spawned) return spawned.error();
  process_ = std::make_unique<RunnerProcess>(std::move(*spawned));
  runs_ = ended_ = 0;
  is_ready_ = is_refused_ = has_worked_ = is_dismissed_ = false;
  loading_.clear();
  killed_for_.reset();
  waits_since_ = now_();
  process_->add(SetupFrame{setup});
  process_->flush();
  return {};
}

void RunnerSlot::hand(DeliveryPointer delivery) {
  assert(is_ready());
  const Message& message = delivery->message;
  delivery->run = ++runs_;
  RunFrame frame;
  frame.number = delivery->run;
  frame.attempt = message.trail.attempt;
  frame.enqueued_at_ms = message.enqueued_at_s * 1000;
  frame.event = message.event;
  frame.id = message.id;
  frame.queue = delivery->queue_name;
  frame.params = message.body;
  process_->add(frame);
  pipe_.push(std::move(delivery));
}

void RunnerSlot::recall() {
  if (!process_ || pipe_.empty()) return;
  const std::uint64_t begun = process_->progress().recall(runs_);
  while (DeliveryPointer delivery = pipe_.take_last_after(begun))
    listener_.on_returned(std::move(delivery));
}

Delivery* RunnerSlot::in_hand() const {
  if (!process_) return nullptr;
  const auto& progress = process_->progress();
  const std::uint64_t begun = progress.begun();
  if (begun == progress.done()) return nullptr;
  return pipe_.find(begun);
}

bool RunnerSlot::is_running() const {
  return process_->progress().begun() != process_->progress().done();
}

std::chrono::nanoseconds RunnerSlot::run_time(MonotonicTime now) const {
  return now.time_since_epoch() - std::chrono::nanoseconds(process_->progress().begun_at_ns());
}

void RunnerSlot::receive() {
  if (!process_) return;
  for (bool is_more = true; is_more;) {
    is_more = process_->receive();
    for (;;) {
      auto frame = process_->next_frame();
      if (!frame) return kill(Ending::Crashed, frame.error().text);
      if (!*frame) break;
      handle(**frame);
    }
  }
}

// Nothing that a runner says is trusted: plugin code may have written over its memory.
void RunnerSlot::handle(const Frame& frame) {
  switch (static_cast<FrameKind>(frame.kind)) {
    case FrameKind::Loading:
      if (auto loading = decode<LoadingFrame>(frame.payload))
        loading_ = std::filesystem::path(loading->file).filename();
      return;
    case FrameKind::Ready:
      if (auto ready = decode<ReadyFrame>(frame.payload)) handle_ready(ready->json);
      return;
    case FrameKind::Outcome:
      if (auto outcome = decode<OutcomeFrame>(frame.payload))
        if (pipe_.first_run() == outcome->number)  // else of one that was taken back
          end_first(outcome_of(*outcome));
      return;
    case FrameKind::Queue:
      if (auto queued = decode<QueueFrame>(frame.payload))
        if (Delivery* delivery = pipe_.find(queued->number))
          listener_.on_queued(*delivery, *queued);
      return;
    case FrameKind::Log:
      if (auto line = decode<LogFrame>(frame.payload))
        listener_.on_logged(pipe_.find(line->number), *line);
      return;
    default:
      return kill(Ending::Crashed,
                  fmt::format("the runner sent a frame of unknown kind {}", frame.kind));
  }
}

void RunnerSlot::handle_ready(std::string_view json) {
  const auto report = report_from(json);
  const std::string* problem = report ? report->problem() : nullptr;
  if (report && problem == nullptr) {
    is_ready_ = true;
    loading_.clear();
    return listener_.on_ready(*this, *report);
  }
  is_refused_ = true;
  listener_.on_refused(*this,
                       problem ? *problem : "the runner's report on its plugins can't be read");
}

void RunnerSlot::end_first(Outcome outcome) {
  DeliveryPointer delivery = pipe_.take_first();
  delivery->has_ended = true;
  delivery->outcome = std::move(outcome);
  has_worked_ = true;
  ++ended_;
  if (pipe_.empty()) waits_since_ = now_();
  listener_.on_ended(*this, std::move(delivery));
}

void RunnerSlot::bury_if_dead() {
  if (!process_) return;
  const auto status = process_->reap();
  if (!status) return;
  receive();  // what it said before it died
  const std::string how = killed_for_ ? killed_for_->reason : how_it_died(*status, loading_);
  hand_out_pipe(*status);
  process_.reset();
  if (!is_ready_ && !is_refused_) listener_.on_refused(*this, how);
  listener_.on_died(*this, has_worked_, is_dismissed_ && !status->is_signal ? "" : how);
}

// The page of progress outlives the runner: it tells what was done but not yet said, what ran,
// and what had not begun.
void RunnerSlot::hand_out_pipe(const ExitStatus& status) {
  const std::uint64_t done = process_->progress().done();
  const std::uint64_t begun = process_->progress().begun();
  while (!pipe_.empty() && pipe_.first_run() <= done) end_first(Outcome{});
  if (!pipe_.empty() && pipe_.first_run() == begun)
    end_first(killed_for_ ? *killed_for_
                          : outcome_of_crash(status, pipe_.find(begun)->message.event,
                                             run_time(now_()), process_->progress()));
  while (DeliveryPointer delivery = pipe_.take_last_after(0))
    listener_.on_returned(std::move(delivery));
}

void RunnerSlot::abandon() {
  pipe_.abandon();
  process_.reset();
}

void RunnerSlot::cancel() {
  if (process_) process_->progress().cancel(process_->progress().begun());
}

void RunnerSlot::kill(Ending ending, std::string reason) {
  if (!process_) return;
  if (!is_ready_ && !is_refused_ && !loading_.empty())
    reason = fmt::format("plugin {} {}", loading_, reason);
  killed_for_ = Outcome{ending, std::move(reason), {}, {}};
  process_->kill();
}

void RunnerSlot::dismiss() {
  if (!process_ || is_dismissed_) return;
  recall();
  is_dismissed_ = true;
  waits_since_ = now_();
  process_->add(StopFrame{});
  process_->flush();
}

}  // namespace actiond
