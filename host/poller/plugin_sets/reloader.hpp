// Plugins and configuration that change while the poller works: who takes its place, when, and the
// way back. In the background a successor is started, which takes the poller's id over once it is
// at work; in the foreground, where nobody can, the runners are replaced.
//
//   Quiet      nothing is to be done
//   Due        a change waits: for its moment, for its turn among the pollers of this run_dir, or,
//              if it was refused, for the broker to have been away, which may have been why
//   Starting   a successor starts, or a trial loads the new plugins
//   GoingBack  the set before this one is to take over again; no event begins meanwhile
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/config/config.hpp"
#include "base/fd.hpp"
#include "base/log.hpp"
#include "poller/plugin_sets/plugin_set.hpp"
#include "poller/plugin_sets/probation.hpp"
#include "poller/plugin_sets/renewal.hpp"
#include "poller/plugin_sets/source_watch.hpp"
#include "poller/timer.hpp"
#include "statistics/delta.hpp"
#include "wire/outcome.hpp"

namespace actiond {

// Whose plugins they are.
struct ReloadOptions {
  std::optional<int> id;
  // The words that start a successor, behind the program's name; empty: nobody can take its place.
  std::vector<std::string> successor;
  std::string snapshot;  // the set that this poller was told to run; empty: the directory's
};

// What it tells the poller.
struct ReloadEvents {
  // The plugin set is another: runners are to load it. That is what its plugins say.
  std::function<void(const LoadReport& report)> on_renewed;
  // No event is to begin until is_going_back() is no more.
  std::function<void()> on_going_back;
  // A successor is at work.
  std::function<void()> on_succeeded;
  // What statistics mark: the plugins were changed, or their change was refused.
  std::function<void(Mark mark)> on_mark;
};

// What it sets going. Each ends when its handle goes, and then tells nobody.
struct ReloadTools {
  std::function<Result<std::shared_ptr<void>>(
      std::vector<std::string> words, std::function<void(const Result<void>& started)> on_end)>
      start_successor;
  std::function<std::shared_ptr<void>(Renewal::OnEnd on_end)> renew;
  std::function<std::chrono::milliseconds()> spread;  // by how much a poller begins after others

  // Processes and threads. All of these must outlive them.
  static ReloadTools real(boost::asio::io_context& io, Clock& clock, const Config& config);
};

class Reloader {
 public:
  // All but options, events and tools must outlive it.
  Reloader(Clock& clock, const Config& config, Log& log, PluginSet& plugins, ReloadOptions options,
           ReloadEvents events, ReloadTools tools);

  // How the sources look now is known: what changes from now on is a change. To be called before
  // they are read, unless `reload: manual`.
  void watch(boost::asio::io_context& io);
  // This poller has just become its id: what ran before it is the way back.
  void took_over();
  // It is at work; again after an outage, which may be why a change was refused.
  void resume();
  // It can't work: without a broker no successor could start.
  void pause() { is_at_work_ = false; }
  // It leaves: gives up what is under way.
  void stop();

  // The plugin directory or the configuration has changed and is at rest; or finds none.
  void sources_changed();
  void sources_restless(std::chrono::seconds unrest);
  // What is new is held back, by what; empty: it is no more.
  void sources_held(const std::string& sentence);
  // Run_dir is another directory, or none: `what`, for people. A successor is started, as after a
  // change, until one is at work.
  void run_dir_moved(const std::string& what);
  // A run has ended, or, without an event, a runner that had none. True: it crashed, and the
  // plugins are to blame, not the event. One crash too many begins the way back.
  bool ended(std::string_view event, Ending ending);
  // Begins to go back to the set before this one, until the plugin directory changes; returns which
  // that is. Fails if there is none, or nobody to take over.
  Result<std::string> go_back(const std::string& why);

  bool is_going_back() const { return std::holds_alternative<GoingBack>(state_); }
  // The last try to take up this change has failed.
  bool has_refused(const std::string& what) const { return has_refused_ && what_changed_ == what; }
  // A successor starts, or is to.
  bool is_underway() const;
  // Why the last change was refused or gone back from, or waits; empty: all is well.
  const std::string& problem() const { return problem_.empty() ? held_ : problem_; }

 private:
  struct Quiet {};
  struct Due {};
  struct Starting {};
  struct GoingBack {
    std::string to;  // the set
    int failed = 0;  // tries
    bool is_change_waiting = false;
  };

  void begin_probation(const std::string& set_before);
  void note_rejected(const std::string& set);
  bool is_only_rejected_there() const;
  void start_in(std::chrono::milliseconds wait);
  void start();
  void on_successor(const Result<void>& started);
  void on_renewed(Result<Renewed> renewed);
  void refuse(const Error& why);
  void go_back_again();
  void give_up();

  Clock& clock_;
  const Config& config_;
  Log& log_;
  PluginSet& plugins_;
  ReloadOptions options_;
  ReloadEvents events_;
  ReloadTools tools_;
  std::unique_ptr<SourceWatch> sources_;
  std::unique_ptr<Timer> timer_;
  std::string what_changed_;

  std::variant<Quiet, Due, Starting, GoingBack> state_;
  UniqueFd turn_;                   // held while a successor starts
  std::shared_ptr<void> underway_;  // what is under way
  bool began_without_settings_;     // the configuration was empty, and means its defaults
  bool is_at_work_ = false;
  bool has_refused_ = false;
  std::string problem_;
  std::string held_;
  std::string rejected_look_;  // of the directory while it holds what was gone back from
  Probation probation_;
  MonotonicTime last_crash_note_{};
};

}  // namespace actiond
