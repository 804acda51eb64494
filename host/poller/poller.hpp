// The poller: one process, one loop, one thread. It never runs plugin code, so nothing that a
// handler does can hold it up.
//
//   Loading     its runners load the plugins
//   Connecting  it waits for the broker, the first time or again
//   Working     it takes deliveries, runs them, and settles them
//   Leaving     it takes no more, and ends what its runners have in hand
//   Gone        its loop ends
//
// What is to be done in each state its parts do; the poller knows in which order, and who tells
// whom:
//
//   Scheduler      which delivery starts next, on which runner
//   Outcomes       what becomes of it
//   Journal        what the log says of it, and the counts
//   Tracer         the spans of its trace
//   Bookkeeper     what statistics count
//   Crew           the runners, alive and within their limits
//   PluginSet      what they load
//   Reloader       plugins that change, a successor, and the way back
//   BrokerSession  a broker, or getting one
//   CronKeeper     what recurs is queued
//   FleetVoice     what it is to other machines
//   Tenure         whether this process is still poller N
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/config/config.hpp"
#include "base/log.hpp"
#include "poller/bookkeeper.hpp"
#include "poller/cron/keeper.hpp"
#include "poller/delivery/journal.hpp"
#include "poller/delivery/tracer.hpp"
#include "poller/face/control_socket.hpp"
#include "poller/face/fleet_voice.hpp"
#include "poller/face/status.hpp"
#include "poller/life/broker_session.hpp"
#include "poller/life/tenure.hpp"
#include "poller/life/terminal.hpp"
#include "poller/plugin_sets/plugin_set.hpp"
#include "poller/plugin_sets/reloader.hpp"
#include "poller/runners/crew.hpp"
#include "poller/scheduler.hpp"
#include "poller/timer.hpp"
#include "poller/turns.hpp"
#include "poller/watch.hpp"

namespace actiond {

struct PollerOptions {
  std::optional<int> id;            // none: no PID file
  bool is_broker_required = false;  // fail to start if the broker does not answer at once
  // The words of the command that puts a successor into its place, behind the program's name;
  // empty: this poller stays, and its runners take up changed plugins.
  std::vector<std::string> successor;
  std::string snapshot;  // the plugin set to run; empty: what the plugin directory holds
  // Asked when all is ready and nothing has happened yet: an error ends the start.
  std::function<Result<void>()> before_takeover = [] { return Result<void>{}; };
  // Called once: the poller is at work, or why it could not start.
  std::function<void(const Result<void>& started)> on_started = [](const Result<void>&) {};
};

// What it reaches the world by, for a test to replace.
struct PollerTools {
  std::string name;  // "host/1"
  Clock& clock;
  Connect connect;
  Upkeep::Tend tend;
  RunnerSlot::Spawn spawn;
  ReloadTools reload;

  // All of these must outlive them, and what they have made.
  static PollerTools real(boost::asio::io_context& io, Clock& clock, const Config& config,
                          std::optional<int> id, Log& log);
};

class Poller {
 public:
  // All but options and tools must outlive it.
  Poller(const Config& config, PollerOptions options, Log& log, boost::asio::io_context& io,
         PollerTools tools);

  // Works until told to stop. Fails if it could not start, or had to leave without a successor.
  Result<void> run();

  // What run does: all that comes before the loop, and then a turn of it, again and again; each
  // blocks until something has happened. How it ended, once it is gone.
  void begin();
  std::optional<Result<void>> step();

 private:
  enum class State { Loading, Connecting, Working, Leaving, Gone };

  struct Leaving {
    std::unique_ptr<Timer> timer;          // of what runs
    std::unique_ptr<Timer> confirm_timer;  // of what has run and is not confirmed
    bool has_confirm_limit = false;
    bool is_giving_up = false;  // what is unconfirmed

    void limit_confirms(std::chrono::milliseconds limit);
  };

  struct Start {
    std::int64_t at_ms;
    bool is_over = false;  // it has taken over
    int lost_runners = 0;  // until then, though they were ready
  };

  // poller.cpp: the life of the process, and one turn of its loop
  Result<void> prepare();
  void turn();
  void fail_start(const Error& error);
  void begin_work();
  Result<void> take_over();
  void run_dir_moved();
  void lost_broker();
  void leave(const std::string& why, std::optional<std::chrono::milliseconds> deadline);
  void leave_before_work(const std::string& why);
  void leave_now(const std::string& why);
  void leave_replaced();
  void finish_leaving();
  void on_signal(int signal);

  // poller_wiring.cpp: what its parts tell it, and what it answers on its control socket
  SchedulerEvents scheduler_events();
  CrewEvents crew_events();
  SessionEvents session_events();
  ReloadEvents reload_events();
  std::unique_ptr<FleetVoice> make_voice();
  nlohmann::json on_request(const nlohmann::json& request);
  nlohmann::json on_rollback();
  Status status() const;
  const char* state_text() const;

  const Config& config_;
  PollerOptions options_;
  std::string name_;  // "host/1"
  Log& log_;
  boost::asio::io_context& io_;
  Clock& clock_;
  Turns turns_;
  Terminal terminal_;  // looks before signals_ do
  boost::asio::signal_set signals_;
  Leaving leaving_;
  std::unique_ptr<Watch> log_watch_;  // while lines wait for whoever reads them

  State state_ = State::Loading;
  std::optional<Error> failure_;  // why it could not start
  Start start_;
  bool is_set_restored_ = false;  // and may be another: what it provides is to be learnt

  Journal journal_;
  Tracer tracer_;
  Bookkeeper bookkeeper_;
  PluginSet plugins_;
  Scheduler scheduler_;
  Tenure tenure_;
  BrokerSession session_;
  Crew crew_;  // ends before the scheduler, whose deliveries it has in hand
  Reloader reloader_;

  // What goes on beside its events.
  struct Beside {
    std::unique_ptr<ControlSocket> control;
    std::unique_ptr<CronKeeper> cron;  // while it is at work, if anything recurs
    std::unique_ptr<FleetVoice> voice;
  } beside_;
};

}  // namespace actiond
