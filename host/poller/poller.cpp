#include "poller/poller.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <utility>

#include "base/service_manager.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr auto kServiceManagerTime = 5s;
constexpr auto kLastConfirms = 500ms;

}  // namespace

Poller::Poller(const Config& config, PollerOptions options, Log& log, boost::asio::io_context& io,
               PollerTools tools)
    : config_(config),
      options_(std::move(options)),
      name_(std::move(tools.name)),
      log_(log),
      io_(io),
      clock_(tools.clock),
      turns_(io_, log),
      signals_(io_, SIGINT, SIGTERM, SIGQUIT),
      leaving_{clock_.timer(), clock_.timer()},
      start_{wall_now_ms()},
      journal_(log, config.unknown_event_ttl),
      tracer_(config, log, name_),
      bookkeeper_(clock_, config, log, name_),
      plugins_(config, log),
      scheduler_(config, clock_, name_, journal_, crew_, scheduler_events(), options_.id),
      tenure_(io_, clock_, config.run_dir, options_.id),
      session_(io_, clock_, log, std::move(tools.connect), session_events(), std::move(tools.tend)),
      crew_(io_, clock_, config, log, scheduler_.outcomes(), crew_events(), std::move(tools.spawn)),
      reloader_(clock_, config, log, plugins_, {options_.id, options_.successor, options_.snapshot},
                reload_events(), std::move(tools.reload)) {}

Result<void> Poller::run() {
  begin();
  for (;;)
    if (const auto ended = step()) return *ended;
}

void Poller::begin() {
  if (auto prepared = prepare(); !prepared) fail_start(prepared.error());
}

std::optional<Result<void>> Poller::step() {
  if (state_ == State::Gone) return failure_ ? Result<void>(*failure_) : Result<void>();
  session_.arm(scheduler_.take_enough());
  tenure_.arm();
  crew_.arm();
  const int awaited = log_.awaited();
  if (awaited < 0) log_watch_.reset();
  if (awaited >= 0 && !log_watch_) log_watch_ = std::make_unique<Watch>(io_, awaited);
  if (log_watch_) log_watch_->arm_write();
  turns_.begin();
  turn();
  turns_.end();
  return std::nullopt;
}

// How the sources look is noted before they are read: what changes after that is seen.
Result<void> Poller::prepare() {
  reloader_.watch(io_);
  if (auto loaded = plugins_.load_for(options_.id, options_.snapshot, tenure_.is_anybody_there());
      !loaded)
    return loaded;
  if (!terminal_.is_to_be_outlived()) signals_.add(SIGHUP);
  on_signal(0);
  beside_.control = std::make_unique<ControlSocket>(
      io_, clock_, control_path(config_.run_dir, options_.id, ::getpid()),
      [this](const nlohmann::json& request) { return on_request(request); },
      [this] {
        if (options_.id || state_ == State::Leaving) return;  // tenure_ sees to one with an id
        failure_ = Error{fmt::format("run_dir {} is gone, and nobody would find this poller",
                                     config_.run_dir.native())};
        leave(failure_->text, config_.shutdown_timeout);
      });
  if (auto listening = beside_.control->listen(); !listening) return listening;
  beside_.voice = make_voice();
  crew_.load(plugins_.setup(), plugins_.hold());
  crew_.start();
  return {};
}

// Everything that can be done now is done before the loop sleeps again, in the message's order.
void Poller::turn() {
  turns_.at("what the broker sends");
  session_.receive(scheduler_);
  if (beside_.voice) beside_.voice->answer();
  turns_.at("what runners send");
  crew_.receive();
  turns_.at("deciding");
  if (state_ != State::Leaving && tenure_.is_over()) leave_replaced();
  if (tenure_.has_moved()) run_dir_moved();
  if (scheduler_.outcomes().resume()) session_.tend();
  if (state_ == State::Working) session_.leave_if_consumer_lost();
  if (state_ == State::Working && !reloader_.is_going_back() && !tenure_.is_in_doubt())
    scheduler_.schedule();
  if (state_ == State::Leaving) scheduler_.outcomes().hand_dying(crew_, 1, true);
  turns_.at("sending");
  crew_.flush();
  session_.flush();
  if (state_ == State::Leaving) finish_leaving();
  crew_.arm_tick();
  turns_.at("the log");
  tracer_.flush();
  log_.flush();
}

void Poller::fail_start(const Error& error) {
  failure_ = error;
  options_.on_started(error);
  state_ = State::Gone;
}

void Poller::begin_work() {
  if (!start_.is_over) {
    if (crew_.ready() == 0) return;  // the next one that is comes back here
    if (auto taken = take_over(); !taken) return fail_start(taken.error());
    scheduler_.took_over();
    start_.is_over = true;
  }
  state_ = State::Working;
  if (scheduler_.open()) reloader_.resume();
}

// The first time this is where a poller takes its id over: it has loaded, it has reached the
// broker, and only now is the one before it told to go.
Result<void> Poller::take_over() {
  if (auto wanted = options_.before_takeover(); !wanted) return wanted;
  announce_main_process(kServiceManagerTime);  // before the one that was it may go
  const auto begun = tenure_.begin();
  if (!begun) {
    // The one that works goes on, and the service must not end with this process.
    if (const auto stays = tenure_.successor(); stays && is_alive(tenure_.path(), *stays))
      announce_main_process(kServiceManagerTime, stays->pid);
    return begun.error();
  }
  reloader_.took_over();
  bookkeeper_.begin();
  if (!config_.cron.empty())
    beside_.cron = std::make_unique<CronKeeper>(io_, log_, CronWork::of(config_, name_));
  if (const auto& before = *begun)
    log_.info("taking over from poller {} ({})", *options_.id, name_of(*before));
  log_.info("poller {} is at work (pid {}, broker {}, plugin set {})", name_, ::getpid(),
            session_.broker()->name(), plugins_.hash());
  options_.on_started({});
  return {};
}

void Poller::lost_broker() {
  beside_.voice->lost();
  scheduler_.lost();
  if (state_ == State::Leaving) return;
  state_ = State::Connecting;
  reloader_.pause();
}

void Poller::leave(const std::string& why, std::optional<std::chrono::milliseconds> deadline) {
  if (state_ == State::Loading || (state_ == State::Connecting && !start_.is_over))
    return leave_before_work(why);
  if (state_ != State::Leaving) {
    state_ = State::Leaving;
    log_.info("leaving: {}", why);
    session_.stop();
    reloader_.stop();
    beside_.cron.reset();
    crew_.retire();
    scheduler_.hold();
  }
  if (deadline) leaving_.timer->set(*deadline, [this] { leave_now("its time is over"); });
}

// Nothing is in hand yet; only somebody who waits for the start is to hear of it.
void Poller::leave_before_work(const std::string& why) {
  const Error error{"stopped before it was at work: " + why};
  if (options_.is_broker_required) return fail_start(error);
  log_.info("{}", error.text);
  state_ = State::Gone;
}

void Poller::leave_now(const std::string& why) {
  leave(why, std::nullopt);
  crew_.stop(why);
  leaving_.limit_confirms(kLastConfirms);
}

// The first limit may become shorter.
void Poller::Leaving::limit_confirms(std::chrono::milliseconds limit) {
  confirm_timer->set(limit, [this] { is_giving_up = true; });
  has_confirm_limit = true;
}

void Poller::leave_replaced() {
  const auto successor = tenure_.successor();
  leave(fmt::format("{} is no longer this process's{}", tenure_.path().native(),
                    successor ? fmt::format(" but that of {}", name_of(*successor)) : ""),
        std::nullopt);
}

// Not a word to leave, but like another configuration: first a successor is to be there. If none
// can start, this one goes on there; without a directory a supervisor must know.
void Poller::run_dir_moved() {
  if (state_ != State::Working) return;
  const auto what =
      fmt::format("run_dir {} {}", config_.run_dir.native(),
                  tenure_.is_homeless() ? "is gone" : "was emptied or is another directory now");
  const bool has_tried = reloader_.has_refused(what);
  if (!options_.successor.empty() && !has_tried) return reloader_.run_dir_moved(what);
  if (has_tried && tenure_.is_anybody_there()) return leave_replaced();
  if (has_tried && tenure_.begin()) {
    log_.warning("{}, and no successor could start: this poller goes on there", what);
    return reloader_.took_over();
  }
  failure_ = Error{fmt::format("{}, and nobody could take over there: {}", what,
                               has_tried ? reloader_.problem() : "started in the foreground")};
  leave(failure_->text, config_.shutdown_timeout);
}

void Poller::finish_leaving() {
  if (crew_.is_any_busy()) return;
  if (scheduler_.outcomes().unfinished() > 0 && !leaving_.is_giving_up) {
    if (!leaving_.has_confirm_limit) leaving_.limit_confirms(config_.shutdown_timeout);
    return;
  }
  scheduler_.outcomes().give_up();
  scheduler_.outcomes().drop_strays();
  beside_.voice->end();
  session_.close();
  if (session_.broker() != nullptr) return;
  crew_.end();
  tenure_.end();
  bookkeeper_.end();
  log_.info("poller {} has left: {} done, {} failed", name_, journal_.counts().done,
            journal_.counts().failed);
  state_ = State::Gone;
}

void Poller::on_signal(int signal) {
  signals_.async_wait([this](const boost::system::error_code& error, int number) {
    if (!error) on_signal(number);
  });
  if (signal == 0) return;
  if (signal == SIGHUP && terminal_.has_hung_up()) {
    leave("its terminal has hung up", config_.shutdown_timeout);
  } else if (signal == SIGHUP) {
    tracer_.reopen_if_moved();
    if (auto reopened = log_.reopen(); !reopened) log_.error("{}", reopened.error().text);
  } else if (signal == SIGQUIT || state_ == State::Leaving) {
    leave_now("told to stop now");
  } else {
    leave("told to stop", config_.shutdown_timeout);
  }
}

}  // namespace actiond
