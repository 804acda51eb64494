// Plugins and configuration that change while the poller works: where it loads from, who takes its
// place, and the way back.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <random>

#include "base/content_hash.hpp"
#include "base/duration.hpp"
#include "base/text.hpp"
#include "poller/plugin_sets/plugin_directory.hpp"
#include "poller/plugin_sets/plugin_tree.hpp"
#include "poller/poller.hpp"
#include "poller/runners/trial.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr int kSpreadMs = 200;    // over which the pollers of a machine begin to reload
constexpr auto kTurnWait = 50ms;  // until the next try to be the one that reloads
constexpr int kMostWaysBack = 3;
constexpr auto kWayBackAgain = 1s;
constexpr auto kCrashNoteEvery = 5s;  // a crash a millisecond must not be a write a millisecond

std::chrono::milliseconds spread() {
  std::random_device random;
  return std::chrono::milliseconds(random() % kSpreadMs);
}

std::string in_one_line(std::string text) {
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos;)
    text.replace(at, 1, "; ");
  return text;
}

}  // namespace

// What the directory looks like is noted before it is copied: what changes after that is seen.
Result<void> Poller::take_plugins() {
  if (config_.reload == Reload::Auto)
    sources_ = std::make_unique<SourceWatch>(
        io_, config_,
        SourceEvents{[this] { on_sources_changed(); },
                     [this](std::chrono::seconds unrest) { on_sources_restless(unrest); }});
  auto snapshot = options_.snapshot.empty() ? snapshots_.make(config_.plugins, kept_sets())
                                            : snapshots_.open(options_.snapshot);
  if (!snapshot) return snapshot.error();
  return use(std::move(*snapshot));
}

Snapshots::Keep Poller::kept_sets() const {
  return [this] { return recorded_sets(config_.run_dir); };
}

// Runners that are started from now on load this.
Result<void> Poller::use(Snapshot snapshot) {
  auto files = list_plugins(snapshot.directory);
  if (!files) return files.error();
  if (files->empty())
    log_.warning("no plugins in {}: no event will find its handler", config_.plugins.native());
  plugin_hashes_.clear();
  for (const auto& file : *files)
    if (auto hash = content_hash(file)) plugin_hashes_[file] = *hash;  // else the runner says why
  runner_setup_ = to_text(runner_setup(config_, std::move(*files)));
  snapshot_ = std::move(snapshot);
  return {};
}

// People know the files where they have put them.
void Poller::name_files(LoadReport& report) const {
  for (auto& plugin : report.plugins) {
    if (const auto hash = plugin_hashes_.find(plugin.file); hash != plugin_hashes_.end())
      plugin.hash = hash->second;
    plugin.file = config_.plugins / std::filesystem::path(plugin.file).filename();
  }
}

// This poller has just become its id: what ran before it is the way back.
void Poller::record_set() {
  if (!options_.id) return;
  auto record = read_set_record(config_.run_dir, *options_.id);
  const bool is_back = !options_.snapshot.empty();
  if (!is_back) {
    record.rejected.clear();
    record.rejected_why.clear();
    begin_probation(record.current);
  }
  reload_problem_ = record.rejected_why;
  record = succeed(std::move(record), snapshot_.hash);
  if (auto written = write_set_record(config_.run_dir, *options_.id, record); !written)
    log_.error("{}", written.error().text);
  if (is_back && !record.rejected.empty()) note_rejected(record.rejected);
}

void Poller::note_rejected(const std::string& set) {
  auto look = tree_look(config_.plugins, config_.run_dir);
  const auto now = tree_hash(config_.plugins, config_.run_dir);
  if (!now) return;
  if (*now == set)
    rejected_look_ = std::move(look);
  else
    is_reload_due_ = true;  // something newer is already there
}

// Then it is the configuration that has changed, which brings nothing back.
bool Poller::is_only_rejected_there() const {
  return !rejected_look_.empty() && tree_look(config_.plugins, config_.run_dir) == rejected_look_;
}

void Poller::begin_probation(const std::string& set_before) {
  const auto& policy = config_.rollback;
  if (options_.successor.empty() || set_before.empty() || set_before == snapshot_.hash ||
      !policy.crashes)
    return;
  const auto crashed_ms = snapshots_.crashed_at_ms(set_before);
  const auto ago_ms = wall_now_ms() - crashed_ms;  // negative if the clock was set back
  if (crashed_ms > 0 && ago_ms >= 0 && ago_ms < policy.within.count()) return;
  probation_ = Probation(*policy.crashes, policy.within, monotonic_now());
}

void Poller::watch_sources() {
  if (!sources_) return;
  sources_->start();
  if (is_reload_due_) on_sources_changed();
}

void Poller::on_sources_changed() {
  if (state_ == State::Leaving || state_ == State::Gone) return;
  is_reload_due_ = true;
  if (!going_back_to_.empty()) return;  // who takes over sees it, too
  reload_problem_.clear();
  successor_.reset();  // of a directory that has changed again
  reload_turn_.reset();
  if (options_.successor.empty()) return renew();
  begin_successor_in(spread(), {});
}

void Poller::on_sources_restless(std::chrono::seconds unrest) {
  reload_problem_ = fmt::format(
      "the plugin directory {} or the configuration has been changing for {} s, and is not taken "
      "up until it is at rest: does something write its log or data there?",
      config_.plugins.native(), unrest / 1s);
  log_.warning("{}", reload_problem_);
}

void Poller::begin_successor_in(std::chrono::milliseconds wait, std::string snapshot) {
  reload_timer_.expires_after(wait);
  reload_timer_.async_wait(
      [this, snapshot = std::move(snapshot)](const boost::system::error_code& error) {
        // Without a broker none could start; begin_work sees to it when there is one.
        if (!error && state_ == State::Working) begin_successor(snapshot);
      });
}

// One poller of this run_dir after the other: a hundred processes that all load at once would be
// slow, and so would be all that works beside them.
bool Poller::take_reload_turn() {
  const auto path = config_.run_dir / "reload.lock";
  reload_turn_.reset(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640));
  if (!reload_turn_ || ::flock(reload_turn_.get(), LOCK_EX | LOCK_NB) == 0) return true;
  reload_turn_.reset();
  return false;
}

void Poller::begin_successor(const std::string& snapshot) {
  if (!take_reload_turn()) return begin_successor_in(kTurnWait, snapshot);
  std::string set = snapshot;
  if (snapshot.empty()) {
    log_.info("plugins or configuration have changed: starting a successor");
    is_reload_due_ = false;
    if (is_only_rejected_there()) set = snapshot_.hash;
  }
  auto words = options_.successor;
  if (!set.empty()) words.insert(words.end(), {"--snapshot", set});
  auto successor = Successor::start(io_, std::move(words),
                                    [this](const Result<void>& started) { on_successor(started); });
  if (!successor) return on_successor(successor.error());
  successor_ = std::move(*successor);
}

void Poller::on_successor(const Result<void>& started) {
  successor_.reset();
  reload_turn_.reset();
  if (started) {
    if (tenure_.look()) return leave_replaced();
    leave("its successor has another run_dir", std::nullopt);
    return;
  }
  refuse_change(started.error());
  if (!going_back_to_.empty()) return go_back_again();
  is_reload_due_ = true;  // the broker may have been why: tried again when it has been away
}

// What stands in the way may pass: the successor was killed, memory was short. After some tries the
// plugins go on as they are, but for a change that has come meanwhile.
void Poller::go_back_again() {
  if (state_ == State::Connecting) return;  // tried again when the broker is back
  if (++failed_ways_back_ < kMostWaysBack) return begin_successor_in(kWayBackAgain, going_back_to_);
  going_back_to_.clear();
  probation_ = {};
  if (is_reload_due_) on_sources_changed();
}

void Poller::refuse_change(const Error& why) {
  reload_problem_ = fmt::format("the change was refused, the plugin set {} goes on: {}",
                                snapshot_.hash, in_one_line(why.text));
  log_.error("{}", reload_problem_);
}

void Poller::renew() {
  renewal_.reset();
  renewal_ = std::make_unique<Renewal>(
      io_, config_, [this](Result<Renewed> renewed) { on_renewed(std::move(renewed)); });
}

void Poller::on_renewed(Result<Renewed> renewed) {
  if (state_ == State::Leaving || state_ == State::Gone) return;
  is_reload_due_ = false;
  if (!renewed) return refuse_change(renewed.error());
  if (renewed->snapshot.hash == snapshot_.hash)
    return log_.info(
        "the plugins hold what they held; a changed configuration is taken up by the "
        "next run");
  if (auto used = use(std::move(renewed->snapshot)); !used) return refuse_change(used.error());
  name_files(renewed->report);
  policies_.emplace_back(config_, renewed->report, snapshot_.hash);
  log_.info("the plugins have changed: runners take up the set {}", snapshot_.hash);
  for (auto& place : places_) {
    place.respawn.worked();  // its end is no failure
    place.slot.dismiss();
  }
}

// Whether the event or the code is to be blamed, while that is in question.
void Poller::watch_set(Delivery& delivery) {
  if (delivery.outcome.ending != Ending::Crashed) return probation_.ended(delivery.message.event);
  const auto now = monotonic_now();
  delivery.is_excused = probation_.crashed(delivery.message.event, now);
  if (now - last_crash_note_ > kCrashNoteEvery) {
    last_crash_note_ = now;
    snapshots_.note_crash(snapshot_.hash);
  }
  if (!probation_.is_failed() || !going_back_to_.empty()) return;
  const auto gone = go_back(fmt::format(
      "the plugin set {} crashed {} runners within {} of its takeover, in events that it never ran "
      "to their end",
      snapshot_.hash, config_.rollback.crashes.value_or(0),
      format_duration(config_.rollback.within)));
  if (gone) return;
  log_.error("{}", gone.error().text);
  probation_ = {};
}

// To the set before this one, until the plugin directory changes. No event is begun meanwhile.
Result<std::string> Poller::go_back(const std::string& why) {
  if (!options_.id || options_.successor.empty())
    return Error{
        "this poller runs in the foreground, where nobody can take its place: put the "
        "plugins back that ran before"};
  auto record = read_set_record(config_.run_dir, *options_.id);
  if (record.previous.empty())
    return Error{fmt::format("poller {} has run no plugin set but {}: there is none to go back to",
                             *options_.id, snapshot_.hash)};
  record.rejected = snapshot_.hash;
  record.rejected_why =
      fmt::format("{}: gone back to the set {} until the plugins change", why, record.previous);
  if (auto written = write_set_record(config_.run_dir, *options_.id, record); !written)
    return written.error();
  log_.error("{}", record.rejected_why);
  going_back_to_ = record.previous;
  failed_ways_back_ = 0;
  successor_.reset();
  reload_turn_.reset();
  for (auto& place : places_) place.slot.recall();
  if (broker_)
    if (auto closed = intake_.close(); !closed) lose_broker(closed.error());
  begin_successor_in(0ms, going_back_to_);
  return record.previous;
}

}  // namespace actiond
