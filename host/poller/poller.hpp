// The poller: one process, one loop, one thread. It takes deliveries from the broker, hands them
// to its runners in strict priority, settles them by their outcome, and leaves when its PID file
// names another. It never runs plugin code, so nothing that a handler does can hold it up.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/config/config.hpp"
#include "base/log.hpp"
#include "poller/delivery/event_policies.hpp"
#include "poller/delivery/intake.hpp"
#include "poller/delivery/journal.hpp"
#include "poller/delivery/judge.hpp"
#include "poller/delivery/settler.hpp"
#include "poller/face/control_socket.hpp"
#include "poller/life/connector.hpp"
#include "poller/life/tenure.hpp"
#include "poller/plugin_sets/probation.hpp"
#include "poller/plugin_sets/renewal.hpp"
#include "poller/plugin_sets/set_record.hpp"
#include "poller/plugin_sets/snapshots.hpp"
#include "poller/plugin_sets/source_watch.hpp"
#include "poller/plugin_sets/successor.hpp"
#include "poller/runners/respawn.hpp"
#include "poller/runners/runner_slot.hpp"
#include "poller/timer.hpp"
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
  // Told once: the poller is at work, or why it could not start.
  std::function<void(const Result<void>& started)> on_started = [](const Result<void>&) {};
};

class Poller final : BrokerListener, SlotListener {
 public:
  // `config` and `log` must outlive it.
  Poller(const Config& config, PollerOptions options, Log& log);
  ~Poller() override;

  // Works until told to stop. Fails only if it could not start.
  Result<void> run();

 private:
  enum class State { Loading, Connecting, Working, Leaving, Gone };

  // poller.cpp: the life of the process, and one turn of its loop; poller_leaving.cpp: its end
  Result<void> prepare();
  void turn();
  void receive();
  void arm();
  void fail_start(const Error& error);
  void became_ready();
  void connect();
  void on_attempt(Result<std::unique_ptr<Broker>> attempt);
  Result<void> begin_work();
  void leave_broker(const Error& error);
  void lose_broker(const Error& error);
  void leave(const std::string& why, std::optional<std::chrono::milliseconds> deadline);
  void leave_before_work(const std::string& why);
  void leave_now(const std::string& why);
  void leave_replaced();
  void finish_leaving();
  void dismiss_runners();
  void on_signal(int signal);
  void heartbeat();
  void reopen_log_if_moved();
  void listen_for_silence();
  void consume_anew();

  // poller_work.cpp: what runs, on which runner, and for how long
  void schedule();
  RunnerSlot* freest_slot();
  void hand(RunnerSlot& slot, DeliveryPointer delivery);
  static bool is_early(Delivery& delivery);
  void adjust_prefetch();
  void tick();
  void arm_tick();
  void hold_if_busy(MonotonicTime now);
  void watch_run(RunnerSlot& slot, MonotonicTime now);
  void watch_memory(RunnerSlot& slot);
  void recycle(RunnerSlot& slot, const std::string& why);
  void start_runner(RunnerSlot& slot);
  void start_runner_later(RunnerSlot& slot, std::chrono::milliseconds wait);
  bool is_any_busy() const;
  bool is_any_idle() const;
  bool is_any_sending() const;
  bool is_slow(const RunnerSlot& slot, MonotonicTime now) const;
  bool are_all_ready() const;

  // poller_events.cpp: what broker, runners and settler tell
  void on_delivery(QueueIndex queue, std::uint64_t tag, bool is_redelivered,
                   Message& message) override;
  void on_consuming(QueueIndex queue, int prefetch) override;
  void on_proven_empty(QueueIndex queue) override;
  void on_probe_delivered(QueueIndex queue) override;
  void on_published(std::uint64_t number, const Result<void>& taken) override;
  void on_ready(RunnerSlot& slot, const LoadReport& report) override;
  void on_refused(RunnerSlot& slot, const std::string& why) override;
  void on_ended(RunnerSlot& slot, DeliveryPointer delivery) override;
  void on_returned(DeliveryPointer delivery) override;
  void on_queued(Delivery& delivery, const QueueFrame& frame) override;
  void on_logged(Delivery* delivery, const LogFrame& frame) override;
  void on_died(RunnerSlot& slot, bool had_worked, const std::string& how) override;
  void on_settled(const Delivery& delivery, Settlement settlement);

  // poller_reload.cpp: plugins and configuration that change
  Result<void> take_plugins();
  Result<void> use(Snapshot snapshot);
  Snapshots::Keep kept_sets() const;
  void name_files(LoadReport& report) const;
  void record_set();
  void note_rejected(const std::string& set);
  void begin_probation(const std::string& set_before);
  void watch_sources();
  void on_sources_changed();
  void on_sources_restless(std::chrono::seconds unrest);
  void begin_successor_in(std::chrono::milliseconds wait, std::string snapshot);
  bool take_reload_turn();
  void begin_successor(const std::string& snapshot);
  void on_successor(const Result<void>& started);
  void refuse_change(const Error& why);
  void renew();
  void on_renewed(Result<Renewed> renewed);
  void watch_set(Delivery& delivery);
  Result<std::string> go_back(const std::string& why);
  void go_back_again();
  bool is_only_rejected_there() const;

  // poller_status.cpp
  nlohmann::json on_rollback();
  nlohmann::json on_request(const nlohmann::json& request);
  nlohmann::json status() const;
  const std::string& first_problem() const;
  const char* state_text() const;

  const Config& config_;
  PollerOptions options_;
  std::string name_;  // "host/1"
  Log& log_;
  boost::asio::io_context io_{1};
  LoopClock clock_{io_};
  boost::asio::signal_set signals_;
  boost::asio::steady_timer tick_timer_;
  boost::asio::steady_timer heartbeat_timer_;
  boost::asio::steady_timer leave_timer_;
  boost::asio::steady_timer silence_timer_;
  boost::asio::steady_timer reload_timer_;

  State state_ = State::Loading;
  std::string problem_;           // what status shows: why it does not work
  std::string runner_problem_;    // the same, of its runners
  std::string reload_problem_;    // and of what it was to change to
  std::optional<Error> failure_;  // why it could not start
  std::int64_t up_since_ms_;

  Journal journal_;
  DeliveryPool pool_;  // must outlive all that holds deliveries
  Intake intake_;
  Judge judge_;
  Settler settler_;
  Pace pace_;
  struct Place {
    explicit Place(SlotListener& listener, boost::asio::io_context& io)
        : slot(listener), respawn_timer(io) {}
    RunnerSlot slot;
    Snapshot snapshot;  // what its runner has loaded
    Respawn respawn;
    boost::asio::steady_timer respawn_timer;
    std::unique_ptr<Watch> socket_watch, death_watch;
  };
  Place& place_of(const RunnerSlot& slot);
  std::deque<Place> places_;
  std::string runner_setup_;
  LoadReport plugins_;
  std::map<std::string, std::string> plugin_hashes_;  // by file
  std::deque<EventPolicies> policies_{
      1};  // the last is in force; deliveries name plugins of others

  Snapshots snapshots_;
  Snapshot snapshot_;  // what runners are to load
  std::unique_ptr<SourceWatch> sources_;
  std::unique_ptr<Successor> successor_;
  std::unique_ptr<Renewal> renewal_;
  UniqueFd reload_turn_;  // held while a successor starts
  bool is_reload_due_ = false;
  std::string going_back_to_;  // the set that is to take over again; empty: none
  int failed_ways_back_ = 0;
  std::string rejected_look_;  // of the directory while it holds what was gone back from
  Probation probation_;
  MonotonicTime last_crash_note_{};

  std::unique_ptr<Connector> connector_;
  std::unique_ptr<Broker> broker_;
  std::vector<std::unique_ptr<Watch>> broker_watches_;
  std::uint64_t epoch_ = 0;
  bool is_outage_said_ = false;
  bool is_silence_suspect_ = false;  // the broker was asked whether its queues are empty indeed
  bool is_consumer_lost_ = false;    // they are not

  Tenure tenure_;
  std::unique_ptr<ControlSocket> control_;

  bool is_tick_armed_ = false;
  MonotonicTime last_change_{};    // a run was begun or ended
  MonotonicTime last_adjusted_{};  // the prefetch
};

}  // namespace actiond
