// What the poller's parts tell it, and what it answers on its control socket.
#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "base/seal.hpp"
#include "base/text.hpp"
#include "client/trace.hpp"
#include "poller/poller.hpp"

namespace actiond {
namespace {

constexpr int kMostLostRunners = 3;       // before it is at work
constexpr std::size_t kNonce = 8;         // digits
constexpr std::size_t kMostParams = 300;  // bytes, of each event in hand

std::string beginning_of(const std::string& params) {
  return std::string(utf8_prefix(params, kMostParams));
}

InHandStatus in_hand_status(const RunnerLook& runner, const LogConfig& log) {
  const Delivery& delivery = *runner.in_hand;
  const auto& context = delivery.trace.context;
  return {delivery.message.event,
          delivery.message.id,
          std::string(delivery.queue_name),
          delivery.message.trail.attempt,
          runner.run_time / std::chrono::milliseconds(1),
          log.has_params ? beginning_of(delivery.message.body) : "",
          std::string(context.empty() ? "" : action::trace_id(context))};
}

}  // namespace

SchedulerEvents Poller::scheduler_events() {
  return {[this](Delivery& delivery) {
            delivery.is_excused = reloader_.ended(delivery.message.event, delivery.outcome.ending);
            tenure_.event_ended();
            Tracer::ended(delivery);
          },
          [this](const Delivery& delivery, Settlement settlement) {
            tracer_.settled(delivery, settlement);
            bookkeeper_.settled(delivery, settlement);
          },
          [this](bool is_answer) { session_.heard(is_answer); },
          [this](const Error& why) { session_.lose(why); },
          [this](Delivery& delivery) { tracer_.begin(delivery); }};
}

CrewEvents Poller::crew_events() {
  return {
      [this](const LoadReport& report) {
        plugins_.loaded(report);
        if (std::exchange(is_set_restored_, false))
          scheduler_.learn(plugins_.report(), plugins_.hash());
        if (state_ == State::Connecting && session_.broker() != nullptr) return begin_work();
        if (state_ != State::Loading || crew_.ready() < crew_.size()) return;
        scheduler_.learn(plugins_.report(), plugins_.hash());
        state_ = State::Connecting;
        session_.connect();
      },
      [this](const Error& why) { fail_start(why); },
      // Else no crew might ever be complete.
      [this](const std::string& how) {
        if (start_.is_over)
          reloader_.ended({}, Ending::Crashed);
        else if (++start_.lost_runners == kMostLostRunners)
          fail_start({fmt::format("{} runners had loaded the plugins and ended by themselves: {}",
                                  kMostLostRunners, how)});
      },
      // Somebody may have taken away what runners are to load.
      [this]() -> Result<void> {
        const std::string before = plugins_.hash();
        if (auto there = plugins_.restore(options_.id); !there) return there;
        crew_.load(plugins_.setup(), plugins_.hold());
        is_set_restored_ = plugins_.hash() != before;
        if (is_set_restored_) reloader_.took_over();
        return {};
      }};
}

SessionEvents Poller::session_events() {
  return {[this](Broker& broker, std::uint64_t epoch) {
            if (epoch > 1) bookkeeper_.reconnected();
            scheduler_.connected(broker, epoch);
            beside_.voice->connected(broker);
            begin_work();
          },
          [this] { lost_broker(); },
          [this](const Error& why) {
            const bool is_fatal = options_.is_broker_required && !start_.is_over;
            if (is_fatal) fail_start(why);
            return !is_fatal;
          },
          // logrotate may move the file without a word.
          [this] {
            tracer_.reopen_if_moved();
            if (auto reopened = log_.reopen_if_moved(); !reopened)
              log_.error("{}", reopened.error().text);
          },
          [this](std::chrono::seconds silence) { return scheduler_.ask_if_idle(silence); }};
}

ReloadEvents Poller::reload_events() {
  return {[this](const LoadReport& report) {
            scheduler_.learn(report, plugins_.hash());
            crew_.load(plugins_.setup(), plugins_.hold());
            crew_.replace_all();
          },
          [this] { scheduler_.hold(); },
          [this] {
            if (tenure_.look()) return leave_replaced();
            leave("its successor has another run_dir", std::nullopt);
          },
          [this](Mark mark) { bookkeeper_.mark(std::move(mark)); }};
}

std::unique_ptr<FleetVoice> Poller::make_voice() {
  const auto slash = name_.rfind('/');
  PollerName name{name_.substr(0, slash), name_.substr(slash + 1), new_nonce().substr(0, kNonce)};
  return std::make_unique<FleetVoice>(
      clock_, config_.remote, log_, std::move(name),
      FleetVoice::Answers{[this](const nlohmann::json& request) { return on_request(request); },
                          [this] {
                            return nlohmann::json{{"state", state_text()},
                                                  {"plugin_set", plugins_.hash()},
                                                  {"in_hand", status().in_hand.size()},
                                                  {"done", journal_.counts().done},
                                                  {"failed", journal_.counts().failed}};
                          },
                          [this] { session_.look_at_pauses(); }, config_.application});
}

// {"command": "status"} answers status(); {"command": "rollback"} begins to go back to the plugin
// set before this one and answers which that is; "quiet" and "resume" end and begin that it takes
// events; {"command": "stop", "timeout_ms": 30000, "now": false} begins to stop and answers at
// once.
nlohmann::json Poller::on_request(const nlohmann::json& request) {
  const std::string command = request.value("command", "");
  if (command == "status") {
    auto now = status();
    now.memory_kb = crew_.memory_with_us() / 1024;
    return to_json(now);
  }
  if (command == "rollback") return on_rollback();
  if (command == "quiet" || command == "resume") {
    const auto done = scheduler_.be_quiet(command == "quiet");
    return done ? nlohmann::json{{"ok", true}} : nlohmann::json{{"error", done.error().text}};
  }
  if (command != "stop")
    return {{"error", "unknown command '" + command +
                          "': there are status, stop, rollback, quiet and resume"}};
  const auto timeout = stop_timeout(request, config_.shutdown_timeout);
  if (!timeout) return {{"error", timeout.error().text}};
  if (request.value("now", false))
    leave_now("told to stop now");
  else
    leave("told to stop", *timeout);
  return {{"ok", true}};
}

nlohmann::json Poller::on_rollback() {
  if (state_ != State::Working)
    return {{"error", std::string("it is ") + state_text() + ": try again when it works"}};
  auto set = reloader_.go_back("the plugin set " + plugins_.hash() + " was rolled back by hand");
  if (!set) return {{"error", set.error().text}};
  return {{"ok", true}, {"to", *set}};
}

Status Poller::status() const {
  Status status;
  status.id = options_.id;
  status.pid = ::getpid();
  status.state = state_text();
  for (const auto* problem : {&session_.problem(), &scheduler_.outcomes().problem(),
                              &crew_.problem(), &reloader_.problem()})
    if (status.problem.empty()) status.problem = *problem;
  status.queue_problems = session_.queue_problems();
  if (status.problem.empty() && !status.queue_problems.empty())
    status.problem = status.queue_problems.front();
  for (const auto& runner : crew_.look()) {
    status.runners.push_back(runner.pid);
    if (runner.in_hand != nullptr) status.in_hand.push_back(in_hand_status(runner, config_.log));
  }
  status.done = journal_.counts().done;
  status.failed = journal_.counts().failed;
  status.dead = journal_.counts().dead;
  status.up_since_ms = start_.at_ms;
  if (session_.broker() != nullptr) status.broker = session_.broker()->name();
  status.application = config_.application;
  status.queues = config_.queues_to_consume();
  status.concurrency = config_.concurrency;
  status.concurrency_limit = config_.concurrency_limit;
  status.plugin_set = plugins_.hash();
  status.is_reload_underway = reloader_.is_underway();
  status.reload_problem = reloader_.problem();
  status.plugins = plugins_.report();
  for (const auto& failure : bookkeeper_.failures()) status.failures.push_back(failure);
  if (beside_.cron)
    if (const auto marks = beside_.cron->marks()) status.cron = to_text(*marks);
  return status;
}

const char* Poller::state_text() const {
  switch (state_) {
    case State::Loading:
      return "loading";
    case State::Connecting:
      return session_.broker() == nullptr ? "waiting for the broker" : "loading";
    case State::Working:
      if (session_.broker() != nullptr && session_.broker()->is_blocked())
        return "blocked by the broker";
      if (scheduler_.is_quiet()) return "quiet";
      if (crew_.ready() == 0) return crew_.look().empty() ? "no runner" : "loading";
      return crew_.is_any_busy() ? "working" : "idle";
    case State::Leaving:
      return "leaving";
    case State::Gone:
      return "gone";
  }
  return "?";
}

}  // namespace actiond
