#include "poller/runners/runner_slot.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <cassert>
#include <filesystem>
#include <utility>

#include "poller/runners/backtrace.hpp"
#include "poller/runners/hand_page.hpp"
#include "poller/runners/process_look.hpp"
#include "poller/runners/time_limits.hpp"
#include "wire/runner_descriptors.hpp"

namespace actiond {
namespace {

constexpr int kMostLastReads = 64;  // far more than a socket holds

Outcome outcome_of(const OutcomeFrame& frame) {
  Outcome outcome;
  outcome.ending = frame.ending;
  outcome.reason = frame.reason;
  outcome.snooze = std::chrono::milliseconds(frame.snooze_ms);
  outcome.retry = std::chrono::milliseconds(frame.retry_ms);
  outcome.duration = std::chrono::nanoseconds(frame.duration_ns);
  return outcome;
}

std::string cause_of_death(const ExitStatus& status, bool is_cut_off) {
  const bool has_seen_it_itself = !status.is_signal && status.code == kCutOffStatus;
  if (!status.is_signal && status.code == kOtherVersionStatus)
    return "another version of actiond-runner: install actiond anew";
  return is_cut_off || has_seen_it_itself ? "closed descriptors" : status.text();
}

Outcome outcome_of_crash(const std::string& cause, const std::string& event,
                         std::chrono::nanoseconds run_time, const std::string& crash_text) {
  Outcome outcome;
  outcome.ending = Ending::Crashed;
  // A handler that calls exit(0) leaves no answer either: a crash, whatever the status.
  outcome.reason = fmt::format("crashed: {} in {}", cause, event);
  outcome.duration = run_time;
  outcome.backtrace = readable_backtrace(crash_text);
  return outcome;
}

// One that was killed because nothing began had begun this one after all, or did not tell its end.
Outcome outcome_of_kill(const Outcome& killed_for) {
  if (killed_for.ending != Ending::NotStarted) return killed_for;
  return {Ending::Crashed, killed_for.reason, {}, {}};
}

// Of a page that is lost nobody knows what it did not tell.
bool is_begun(std::uint64_t run, const Progress& progress) {
  return run <= progress.begun() || progress.is_lost();
}

// `loading`: the plugin file that it was at, or empty.
std::string how_it_died(const std::string& cause, const std::string& loading) {
  if (loading.empty()) return fmt::format("the runner ended by {}", cause);
  return fmt::format("plugin {} crashed the runner while it was loaded ({})", loading, cause);
}

}  // namespace

Result<void> RunnerSlot::start(const std::string& setup,
                               const std::vector<std::string>& hidden_variables) {
  assert(!process_ && pipe_.empty());
  auto spawned = spawn_(hidden_variables);
  if (!spawned) return spawned.error();
  process_ = std::make_unique<RunnerProcess>(std::move(*spawned));
  runs_ = ended_ = recalled_ = 0;
  pipe_.begin_anew();
  is_ready_ = is_refused_ = has_worked_ = is_dismissed_ = is_distrusted_ = is_cut_off_ = false;
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
  process_->hand(runs_, mark_of(*delivery));
  RunFrame frame;
  frame.number = delivery->run;
  frame.attempt = message.trail.attempt;
  frame.enqueued_at_ms = message.enqueued_at_s * 1000;
  frame.event = message.event;
  frame.id = message.id;
  frame.queue = delivery->queue_name;
  frame.params = message.body;
  frame.attempts = delivery->attempts;
  frame.is_dead = delivery->is_dying;
  frame.reason = delivery->death.reason;
  frame.trace_parent = delivery->trace.context;
  frame.trace_state = message.trace_state;
  process_->add(frame);
  pipe_.push(std::move(delivery));
}

void RunnerSlot::recall() {
  if (!process_ || pipe_.empty()) return;
  const std::uint64_t begun = process_->progress().recall(runs_);
  if (process_->progress().is_lost()) return;  // which has begun nobody knows: its limits end it
  recalled_ = runs_;
  while (DeliveryPointer delivery = pipe_.take_last_after(begun))
    listener_.on_returned(std::move(delivery));
}

Delivery* RunnerSlot::in_hand() const {
  if (!process_) return nullptr;
  const auto& progress = process_->progress();
  const std::uint64_t begun = progress.begun();
  if (begun == progress.ended()) return nullptr;
  return pipe_.find(begun);
}

// What was taken back it has to answer as well.
bool RunnerSlot::owes() const {
  if (!is_ready_ || in_hand() != nullptr) return false;
  return !pipe_.empty() || process_->progress().ended() < runs_;
}

// One that is dead writes no more, but what it has started may hold its socket and go on.
void RunnerSlot::receive(bool is_dead) {
  if (!process_ || is_distrusted_) return;
  auto is_enough = [this, is_dead, reads = 0]() mutable {
    if (is_dead) return ++reads == kMostLastReads;
    return ++reads == RunnerProcess::kMostReads || !listener_.has_room();
  };
  for (bool is_more = true; is_more;) {
    is_more = process_->receive();
    for (;;) {
      auto frame = process_->next_frame();
      if (!frame) return distrust(frame.error().text);
      if (!*frame) break;
      handle(**frame);
      if (is_distrusted_) return;
    }
    if (is_more && is_enough()) return;
  }
  // One that is ending by itself hangs up as well, and how it ended says more.
  if (!process_->has_hung_up() || is_cut_off_ || killed_for_ || is_exiting(process_->pid())) return;
  is_cut_off_ = true;
  process_->kill(now_());
}

// Nothing that a runner says is believed: plugin code may have written over its memory, or closed
// its descriptors, or a copy of it that a handler forked may be speaking.
void RunnerSlot::handle(const Frame& frame) {
  const auto handle_as = [&]<typename FrameType>(FrameType, auto function) {
    if (const auto decoded = decode<FrameType>(frame.payload)) return function(*decoded);
    distrust("the runner sent a frame that can't be read");
  };
  switch (static_cast<FrameKind>(frame.kind)) {
    case FrameKind::Loading:
      return handle_as(LoadingFrame{}, [&](const LoadingFrame& loading) {
        loading_ = std::filesystem::path(loading.file).filename();
        waits_since_ = now_();
      });
    case FrameKind::Ready:
      return handle_as(ReadyFrame{}, [&](const ReadyFrame& ready) { handle_ready(ready.json); });
    case FrameKind::Outcome:
      return handle_as(OutcomeFrame{}, [&](const OutcomeFrame& end) { handle_outcome(end); });
    case FrameKind::Queue:
      return handle_as(QueueFrame{}, [&](const QueueFrame& queued) {
        if (pipe_.empty() || queued.number != pipe_.first_run())
          return distrust(fmt::format("the runner queued an event in run {}, which is not in hand",
                                      queued.number));
        listener_.on_queued(*pipe_.find(queued.number), queued);
      });
    case FrameKind::Log:
      return handle_as(LogFrame{}, [&](const LogFrame& line) {
        listener_.on_logged(pipe_.find(line.number), line);
      });
    default:
      distrust(fmt::format("the runner sent a frame of unknown kind {}", frame.kind));
  }
}

void RunnerSlot::distrust(const std::string& why) {
  kill(Ending::Crashed, "killed: " + why);
  is_distrusted_ = true;
}

void RunnerSlot::handle_outcome(const OutcomeFrame& frame) {
  if (frame.ending == Ending::NotStarted && pipe_.was_taken_back(frame.number)) return;
  if (pipe_.empty() || frame.number != pipe_.first_run() ||
      frame.number > process_->progress().begun())
    return distrust(fmt::format("the runner ended run {}, which is not in hand", frame.number));
  if (frame.ending == Ending::NotStarted && frame.number > recalled_)
    return distrust(
        fmt::format("the runner refused run {}, which was not taken back", frame.number));
  end_first(outcome_of(frame));
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

// Killed, it runs no code of its own any more, though it may hang in the kernel for hours.
bool RunnerSlot::is_overdue() const {
  const auto killed_at = process_->killed_at();
  return killed_at && now_() - *killed_at > kTimeToGo;
}

void RunnerSlot::bury_if_dead() {
  if (!process_) return;
  const auto status = process_->reap(is_overdue());
  if (!status) return;
  receive(true);  // what it sent before it died, whether there is room or not
  const std::string how = killed_for_ ? killed_for_->reason
                                      : how_it_died(cause_of_death(*status, is_cut_off_), loading_);
  hand_out_pipe(*status);
  process_.reset();
  if (!is_ready_ && !is_refused_) listener_.on_refused(*this, how);
  // SIGKILL comes from the kernel that needs memory, or from people.
  const bool is_by_itself = !is_dismissed_ && !killed_for_ &&
                            (is_cut_off_ || !status->is_signal || status->code != SIGKILL);
  if (is_ready_ && !has_worked_ && is_by_itself) listener_.on_lost(how);
  listener_.on_died(*this, has_worked_, is_dismissed_ && !status->is_signal ? "" : how);
}

// The page of progress outlives the runner: it proves what ended well though nobody said so, and
// tells what ran, and what had not begun.
void RunnerSlot::hand_out_pipe(const ExitStatus& status) {
  const auto& progress = process_->progress();
  const auto is_proven = [&] {
    return progress.has_ended_well(pipe_.first_run(), process_->pid());
  };
  while (!is_distrusted_ && !pipe_.empty() && is_proven()) end_first(Outcome{});
  const bool is_told = !pipe_.empty() && is_begun(pipe_.first_run(), progress);
  const bool is_unasked = is_ready_ && (!killed_for_ || killed_for_->ending == Ending::NotStarted);
  const bool has_begun = is_told || (is_unasked && !pipe_.empty() &&
                                     listener_.on_died_before(*pipe_.find(pipe_.first_run())));
  const auto run_time =
      is_told && !progress.is_lost() ? progress.run_time(now_()) : std::chrono::nanoseconds(0);
  if (killed_for_ && (has_begun || (is_distrusted_ && !pipe_.empty())))
    end_first(outcome_of_kill(*killed_for_));
  else if (has_begun)
    end_first(outcome_of_crash(cause_of_death(status, is_cut_off_),
                               pipe_.find(pipe_.first_run())->message.event, run_time,
                               process_->crash_text()));
  while (DeliveryPointer delivery = pipe_.take_last_after(0))
    listener_.on_returned(std::move(delivery));
}

void RunnerSlot::abandon() {
  pipe_.abandon();
  process_.reset();
}

void RunnerSlot::kill(Ending ending, std::string reason) {
  if (!process_ || killed_for_) return;
  if (!is_ready_ && !is_refused_ && !loading_.empty())
    reason = fmt::format("plugin {} {}", loading_, reason);
  killed_for_ = Outcome{ending, std::move(reason), {}, {}};
  process_->kill(now_());
}

void RunnerSlot::dismiss() {
  if (!process_ || is_dismissed_) return;
  recall();
  is_dismissed_ = true;
  waits_since_ = now_();
  process_->stop();
}

}  // namespace actiond
