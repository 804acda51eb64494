#include "poller/runners/trial.hpp"

#include <fmt/format.h>
#include <poll.h>

#include "base/duration.hpp"
#include "poller/runners/run_limits.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr auto kTurn = 25ms;

}  // namespace

Result<LoadReport> Trial::load(const RunnerSetup& setup, const LoadTimeout& limit) {
  loaded_.reset();
  if (auto started = slot_.start(to_text(setup), setup.hidden_variables); !started)
    return started.error();
  while (!loaded_) {
    pump();
    if (!loaded_ && slot_.is_alive() && !is_wanted()) slot_.kill(Ending::Stopped, "was given up");
    if (loaded_ || !slot_.is_alive()) continue;
    const auto its_limit = limit.of(slot_.loading());
    if (monotonic_now() - slot_.waits_since() > its_limit)
      slot_.kill(Ending::Crashed, too_slow_to_load(its_limit));
  }
  return *loaded_;
}

Outcome Trial::perform(Message message, const std::string& queue,
                       std::chrono::milliseconds timeout) {
  outcome_.reset();
  DeliveryPointer delivery = pool_.get();
  const std::string event = message.event;
  delivery->message = std::move(message);
  delivery->queue_name = queue;
  delivery->timeout = timeout;
  slot_.hand(std::move(delivery));
  while (!outcome_) {
    pump();
    if (!outcome_ && slot_.is_alive() && slot_.in_hand() != nullptr) watch(timeout, event);
  }
  return *outcome_;
}

void Trial::watch(std::chrono::milliseconds timeout, const std::string& event) {
  auto& progress = slot_.process().progress();
  const auto run_time = progress.run_time(monotonic_now());
  if (run_time > timeout + kCancelGrace)
    slot_.kill(Ending::TimedOut,
               fmt::format("timed out: {} ran longer than {}", event, format_duration(timeout)));
  else if (run_time > timeout)
    progress.cancel(progress.begun());
}

void Trial::end() {
  slot_.dismiss();
  const auto until = monotonic_now() + kTeardownTime;
  while (slot_.is_alive() && monotonic_now() < until) pump();
}

// One turn: sends what is left to send, waits a moment, takes what has come.
void Trial::pump() {
  auto& process = slot_.process();
  const short events = process.flush() ? POLLIN : POLLIN | POLLOUT;
  const int socket = process.has_hung_up() ? -1 : process.socket();  // it would always be ready
  pollfd ready[] = {{socket, events, 0}, {process.pidfd(), POLLIN, 0}};
  ::poll(ready, 2, static_cast<int>(kTurn / 1ms));
  slot_.receive();
  slot_.bury_if_dead();
}

void Trial::on_ready(RunnerSlot&, const LoadReport& report) {
  loaded_ = report;
}

void Trial::on_refused(RunnerSlot&, const std::string& why) {
  loaded_ = Error{why};
}

void Trial::on_ended(RunnerSlot&, DeliveryPointer delivery) {
  outcome_ = delivery->outcome;
  delivery->is_settled = true;  // there is nobody to settle it with
}

void Trial::on_returned(DeliveryPointer delivery) {
  delivery->is_settled = true;
  outcome_ = Outcome{Ending::NotStarted, "the runner ended before the event began", {}, {}};
}

void Trial::on_queued(Delivery&, const QueueFrame& frame) {
  on_queue(frame);
}

void Trial::on_logged(Delivery* delivery, const LogFrame& frame) {
  if (delivery == nullptr) return on_log(frame, {}, {});
  on_log(frame, delivery->message.event, delivery->message.id);
}

void Trial::on_died(RunnerSlot&, bool, const std::string&) {}

RunnerSetup runner_setup(const Config& config, std::vector<std::string> files) {
  RunnerSetup setup;
  setup.files = std::move(files);
  setup.queues = config.queues;
  setup.default_queue = config.default_queue;
  setup.environment = config.environment;
  setup.hidden_variables = config.broker_variables;
  return setup;
}

}  // namespace actiond
