// How a poller goes: replaced, told to, or at once.
#include <fmt/format.h>
#include <signal.h>

#include "poller/poller.hpp"
#include "poller/runners/time_limits.hpp"

namespace actiond {

using namespace std::chrono_literals;

void Poller::leave_replaced() {
  leave(fmt::format("{} is no longer this process's", tenure_.path().native()), std::nullopt);
}

void Poller::leave(const std::string& why, std::optional<std::chrono::milliseconds> deadline) {
  if (state_ == State::Loading || (state_ == State::Connecting && epoch_ == 0))
    return leave_before_work(why);
  if (state_ != State::Leaving) {
    state_ = State::Leaving;
    log_.info("leaving: {}", why);
    if (connector_) connector_->stop();
    sources_.reset();
    successor_.reset();
    reload_turn_.reset();  // others need not wait for what is in hand here
    renewal_.reset();
    reload_timer_.cancel();
    if (broker_)
      if (auto closed = intake_.close(); !closed) lose_broker(closed.error());
    for (auto& place : places_) place.slot.recall();
  }
  if (!deadline) return;
  leave_timer_.expires_after(*deadline);
  leave_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) leave_now("its time is over");
  });
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
  for (auto& place : places_) place.slot.kill(Ending::Stopped, "stopped: " + why);
}

void Poller::finish_leaving() {
  if (is_any_busy() || settler_.unfinished() > 0) return;
  if (broker_)
    if (auto closed = broker_->close(); !closed) log_.warning("{}", closed.error().text);
  broker_watches_.clear();
  broker_.reset();
  dismiss_runners();
  tenure_.end();
  log_.info("poller {} has left: {} done, {} failed", name_, journal_.counts().done,
            journal_.counts().failed);
  state_ = State::Gone;
}

// Lets every runner tear its plugins down; one that takes too long is killed by its slot's end.
void Poller::dismiss_runners() {
  for (auto& place : places_) {
    place.respawn_timer.cancel();
    place.slot.dismiss();
  }
  const auto until = monotonic_now() + kTeardownTime;
  bool is_any_alive = true;
  while (is_any_alive && monotonic_now() < until) {
    is_any_alive = false;
    for (auto& place : places_) {
      if (!place.slot.is_alive()) continue;
      place.slot.receive();
      place.slot.bury_if_dead();
      is_any_alive |= place.slot.is_alive();
    }
    if (!is_any_alive) return;
    arm();
    io_.run_for(50ms);
  }
}

void Poller::on_signal(int signal) {
  signals_.async_wait([this](const boost::system::error_code& error, int number) {
    if (!error) on_signal(number);
  });
  if (signal == 0) return;
  if (signal == SIGHUP) {
    if (auto reopened = log_.reopen(); !reopened) log_.error("{}", reopened.error().text);
  } else if (signal == SIGQUIT || state_ == State::Leaving) {
    leave_now("told to stop now");
  } else {
    leave("told to stop", config_.shutdown_timeout);
  }
}

}  // namespace actiond
