#include "poller/plugin_sets/reloader.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/duration.hpp"
#include "poller/plugin_sets/plugin_directory.hpp"
#include "poller/plugin_sets/plugin_tree.hpp"
#include "poller/plugin_sets/reload_turn.hpp"
#include "poller/plugin_sets/set_record.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr auto kTurnWait = 50ms;  // until the next try to be the one that reloads
constexpr int kMostWaysBack = 3;
constexpr auto kWayBackAgain = 1s;
constexpr auto kCrashNoteEvery = 5s;  // a crash a millisecond must not be a write a millisecond

std::string in_one_line(std::string text) {
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos;)
    text.replace(at, 1, "; ");
  return text;
}

Mark mark_of(MarkKind kind, const std::string& set_before, const std::string& set_after,
             const std::string& why) {
  Mark mark;
  mark.kind = kind;
  mark.at_ms = wall_now_ms();
  mark.set_before = set_before;
  mark.set_after = set_after;
  mark.text = why;
  return mark;
}

}  // namespace

Reloader::Reloader(Clock& clock, const Config& config, Log& log, PluginSet& plugins,
                   ReloadOptions options, ReloadEvents events, ReloadTools tools)
    : clock_(clock),
      config_(config),
      log_(log),
      plugins_(plugins),
      options_(std::move(options)),
      events_(std::move(events)),
      tools_(std::move(tools)),
      timer_(clock.timer()),
      began_without_settings_(is_empty_file(config.file)) {}

void Reloader::watch(boost::asio::io_context& io) {
  if (config_.reload != Reload::Auto) return;
  sources_ = std::make_unique<SourceWatch>(
      io, config_,
      SourceEvents{[this] { sources_changed(); },
                   [this](std::chrono::seconds unrest) { sources_restless(unrest); },
                   [this](const std::string& sentence) { sources_held(sentence); }});
}

void Reloader::took_over() {
  if (!options_.id) return;
  auto record = read_set_record(config_.run_dir, *options_.id);
  const bool is_back = !options_.snapshot.empty();
  if (!is_back) {
    record.rejected.clear();
    record.rejected_why.clear();
    begin_probation(record.current);
  }
  problem_ = record.rejected_why;
  if (!record.current.empty() && record.current != plugins_.hash())
    events_.on_mark(mark_of(record.rejected.empty() ? MarkKind::Swap : MarkKind::Rollback,
                            record.current, plugins_.hash(), record.rejected_why));
  record = succeed(std::move(record), plugins_.hash());
  if (auto written = write_set_record(config_.run_dir, *options_.id, record); !written)
    log_.error("{}", written.error().text);
  if (is_back && !record.rejected.empty()) note_rejected(record.rejected);
}

// Not if the set before it was no better.
void Reloader::begin_probation(const std::string& set_before) {
  const auto& policy = config_.rollback;
  if (options_.successor.empty() || set_before.empty() || set_before == plugins_.hash() ||
      !policy.crashes)
    return;
  const auto crashed_ms = plugins_.crashed_at_ms(set_before);
  const auto ago_ms = wall_now_ms() - crashed_ms;  // negative if the clock was set back
  if (crashed_ms > 0 && ago_ms >= 0 && ago_ms < policy.within.count()) return;
  probation_ = Probation(*policy.crashes, policy.within, clock_.now());
}

void Reloader::note_rejected(const std::string& set) {
  auto look = tree_look(config_.plugins, config_.run_dir);
  const auto now = tree_hash(config_.plugins, config_.run_dir);
  if (!now) return;
  if (*now == set)
    rejected_look_ = std::move(look);
  else if (sources_)
    state_ = Due{};  // something newer is already there
}

// Then it is the configuration that has changed, which brings nothing back.
bool Reloader::is_only_rejected_there() const {
  return !rejected_look_.empty() && tree_look(config_.plugins, config_.run_dir) == rejected_look_;
}

void Reloader::resume() {
  is_at_work_ = true;
  if (sources_) sources_->start();
  if (is_going_back())
    start_in(0ms);
  else if (std::holds_alternative<Due>(state_))
    sources_changed();
}

void Reloader::stop() {
  is_at_work_ = false;
  sources_.reset();
  timer_->cancel();
  give_up();
}

// Others need not wait for it.
void Reloader::give_up() {
  underway_.reset();
  turn_.reset();
}

bool Reloader::is_underway() const {
  return is_going_back() || (underway_ != nullptr && !options_.successor.empty());
}

void Reloader::sources_changed() {
  if (auto* back = std::get_if<GoingBack>(&state_)) {
    back->is_change_waiting = true;  // who takes over sees it, too
    return;
  }
  problem_.clear();
  has_refused_ = false;
  what_changed_ = "plugins or configuration have changed";
  give_up();  // of a directory that has changed again
  if (const auto files = list_plugins(config_.plugins);
      files && files->empty() && !plugins_.is_empty()) {
    state_ = Quiet{};
    return refuse(plugins_.all_gone());
  }
  if (is_empty_file(config_.file) && !began_without_settings_) {
    state_ = Quiet{};
    return refuse(Error{fmt::format(
        "the configuration {} is empty now, and its defaults are hardly meant: write it again",
        config_.file.native())});
  }
  if (!options_.successor.empty()) {
    state_ = Due{};
    return start_in(tools_.spread());
  }
  state_ = Starting{};
  underway_ = tools_.renew([this](Result<Renewed> renewed) { on_renewed(std::move(renewed)); });
}

void Reloader::sources_restless(std::chrono::seconds unrest) {
  problem_ = fmt::format(
      "the plugin directory {} or the configuration has been changing for {} s, and is loaded "
      "once it stops changing: does something write its log or data there?",
      config_.plugins.native(), unrest / 1s);
  log_.warning("{}", problem_);
}

void Reloader::sources_held(const std::string& sentence) {
  held_ = sentence;
  if (!sentence.empty()) log_.warning("{}", sentence);
}

void Reloader::run_dir_moved(const std::string& what) {
  if (is_underway()) return;
  if (std::exchange(what_changed_, what) != what) has_refused_ = false;
  state_ = Due{};
  start_in(0ms);
}

void Reloader::start_in(std::chrono::milliseconds wait) {
  timer_->set(wait, [this] {
    // Without a broker none could start; resume sees to it when there is one.
    if (is_at_work_) start();
  });
}

void Reloader::start() {
  auto turn = claim_turn(config_.run_dir);
  if (!turn) return start_in(kTurnWait);
  turn_ = std::move(*turn);
  std::string set;
  if (const auto* back = std::get_if<GoingBack>(&state_)) {
    set = back->to;
  } else {
    log_.info("{}: starting a successor", what_changed_);
    state_ = Starting{};
    if (is_only_rejected_there()) set = plugins_.hash();
  }
  auto words = options_.successor;
  if (!set.empty()) words.insert(words.end(), {"--snapshot", set});
  auto successor = tools_.start_successor(
      std::move(words), [this](const Result<void>& started) { on_successor(started); });
  if (!successor) return on_successor(successor.error());
  underway_ = std::move(*successor);
}

void Reloader::on_successor(const Result<void>& started) {
  give_up();
  if (started) return events_.on_succeeded();
  has_refused_ = true;
  refuse(started.error());
  if (is_going_back()) return go_back_again();
  state_ = Due{};  // the broker may have been why: tried again when it has been away
}

void Reloader::on_renewed(Result<Renewed> renewed) {
  give_up();
  state_ = Quiet{};
  if (!renewed) return refuse(renewed.error());
  if (renewed->snapshot.hash == plugins_.hash())
    return log_.info("plugins unchanged; restart `actiond run` to use the new configuration");
  const std::string set_before = plugins_.hash();
  if (auto used = plugins_.use(std::move(renewed->snapshot)); !used) return refuse(used.error());
  plugins_.loaded(std::move(renewed->report));
  log_.info("the plugins have changed: runners take up the set {}", plugins_.hash());
  events_.on_mark(mark_of(MarkKind::Swap, set_before, plugins_.hash(), ""));
  events_.on_renewed(plugins_.report());
}

void Reloader::refuse(const Error& why) {
  problem_ = fmt::format("the change was refused, the plugin set {} goes on: {}", plugins_.hash(),
                         in_one_line(why.text));
  log_.error("{}", problem_);
  events_.on_mark(
      mark_of(MarkKind::Refusal, plugins_.hash(), plugins_.hash(), in_one_line(why.text)));
}

// Whether the event or the code is to be blamed, while that is in question.
bool Reloader::ended(std::string_view event, Ending ending) {
  if (ending != Ending::Crashed) {
    probation_.ended(event);
    return false;
  }
  const auto now = clock_.now();
  const bool is_excused = probation_.crashed(event, now);
  if (now - last_crash_note_ > kCrashNoteEvery) {
    last_crash_note_ = now;
    plugins_.note_crash();
  }
  if (!probation_.is_failed() || is_going_back()) return is_excused;
  const auto gone = go_back(fmt::format(
      "the plugin set {} crashed {} runners within {} of its takeover, before their first event "
      "or in events that it never ran to their end",
      plugins_.hash(), config_.rollback.crashes.value_or(0),
      format_duration(config_.rollback.within)));
  if (gone) return is_excused;
  log_.error("{}", gone.error().text);
  probation_ = {};
  return is_excused;
}

Result<std::string> Reloader::go_back(const std::string& why) {
  if (!options_.id || options_.successor.empty())
    return Error{
        "this poller runs in the foreground, where nobody can take its place: put the "
        "plugins back that ran before"};
  auto record = read_set_record(config_.run_dir, *options_.id);
  if (record.previous.empty())
    return Error{fmt::format("poller {} has run no plugin set but {}: there is none to go back to",
                             *options_.id, plugins_.hash())};
  record.rejected = plugins_.hash();
  record.rejected_why =
      fmt::format("{}: gone back to the set {} until the plugins change", why, record.previous);
  if (auto written = write_set_record(config_.run_dir, *options_.id, record); !written)
    return written.error();
  log_.error("{}", record.rejected_why);
  const bool is_change_waiting = std::holds_alternative<Due>(state_);
  give_up();
  state_ = GoingBack{record.previous, 0, is_change_waiting};
  events_.on_going_back();
  start_in(0ms);
  return record.previous;
}

// What stands in the way may pass: the successor was killed, memory was short. After some tries the
// plugins go on as they are, but for a change that has come meanwhile.
void Reloader::go_back_again() {
  if (!is_at_work_) return;  // tried again when the broker is back
  auto& back = std::get<GoingBack>(state_);
  if (++back.failed < kMostWaysBack) return start_in(kWayBackAgain);
  probation_ = {};
  const bool is_change_waiting = back.is_change_waiting;
  state_ = Quiet{};
  if (is_change_waiting) sources_changed();
}

}  // namespace actiond
