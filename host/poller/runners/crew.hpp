// The runners of a poller, as many as `concurrency` says, which may be a range: alive, within their
// limits, and handed what is to run.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "poller/runners/station.hpp"

namespace actiond {

// A runner, for people.
struct RunnerLook {
  pid_t pid;
  const Delivery* in_hand;  // nullptr: nothing runs there
  std::chrono::nanoseconds run_time;
};

class Crew {
 public:
  // Nobody is there yet. All but `events` and `spawn` must outlive it.
  Crew(boost::asio::io_context& io, Clock& clock, const Config& config, Log& log,
       RunListener& listener, CrewEvents events, RunnerSlot::Spawn spawn = RunnerProcess::spawn);
  // Kills who is still there; what they have in hand is the broker's again.
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  // Runners that are started from now on load what `setup` says; each holds `plugins`.
  void load(std::string setup, std::shared_ptr<const void> plugins);
  // Starts them all.
  void start();
  // Replaces each after its run in hand.
  void replace_all();

  // The parts of the loop's turn: lets them wake it, handles what they have sent, sends what they
  // were handed, and looks at their limits while there is a reason to.
  void arm();
  void receive();
  void flush();
  void arm_tick();

  // The ready runner with the emptiest pipe, below `depth`; nullptr if all are full or behind a
  // slow run.
  RunnerSlot* freest(std::size_t depth);
  // Takes back what has not begun: all of it, or where something of a queue behind this one waits.
  void recall(std::optional<QueueIndex> lower_than = std::nullopt);

  // All that runners have been handed and not ended.
  void for_each_in_hand(const std::function<void(Delivery& delivery)>& visit);

  // With a range: all that can start has been handed out; something waits, or not. Starts one more
  // runner if that has been so for long enough.
  void feel(bool is_any_waiting);
  // How many runners there are, and may be.
  int size() const { return static_cast<int>(stations_.size()); }
  const StaffRange& range() const { return staffing_.range(); }

  // Kills the runs in hand; they end as stopped, for that reason.
  void stop(const std::string& why);
  // None that goes is followed by another.
  void retire() { commons_.is_retired = true; }
  // Lets every runner tear its plugins down; who takes too long is killed with this. Blocks, for
  // seconds at most.
  void end();

  bool is_any_busy() const;
  // Is one idle? A pipe with room is not enough: what is put there waits for the run in hand.
  bool is_any_idle() const;
  // What some were handed is still on its way.
  bool is_any_sending() const;
  // How many are ready.
  int ready() const;
  std::vector<RunnerLook> look() const;
  // What this process and they hold, in bytes; what they share is counted for each.
  std::uint64_t memory_with_us() const;
  // Why they die or can't be started; empty: they don't.
  const std::string& problem() const { return commons_.problem; }

 private:
  void let_go();

  CrewCommons commons_;
  std::deque<Station> stations_;
  Staffing staffing_;
  bool is_short_ = false;  // the machine had nothing left for one more; it was logged
  std::unique_ptr<Timer> tick_timer_;
  std::unique_ptr<Timer> idle_timer_;  // while there are more than the least
  bool is_tick_armed_ = false;
};

}  // namespace actiond
