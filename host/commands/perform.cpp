// perform: one event here and now, in a runner child and without a broker, but for the look at a
// dead letter that is to be tried. What its handler queues is shown and goes nowhere.
#include <fmt/format.h>
#include <signal.h>

#include <memory>

#include "answers/dead_readers.hpp"
#include "base/clock.hpp"
#include "base/duration.hpp"
#include "base/log.hpp"
#include "base/nearest.hpp"
#include "base/text.hpp"
#include "client/event_id.hpp"
#include "client/names.hpp"
#include "commands/command.hpp"
#include "commands/process/debugger.hpp"
#include "commands/terminal/params.hpp"
#include "commands/terminal/table.hpp"
#include "poller/delivery/event_policies.hpp"
#include "poller/plugin_sets/plugin_directory.hpp"
#include "poller/runners/trial.hpp"

namespace actiond {
namespace {

struct PerformFlags {
  std::string event;
  std::vector<std::string> words;
  std::string timeout;
  std::string dead;           // the id of a dead letter, instead of event and words
  bool is_gdb = false;        // to be run again under gdb
  bool is_unlimited = false;  // which it is: somebody looks at it, and takes their time
};

constexpr std::chrono::hours kNoLimit{24 * 365};

// An event, and the queue that it came from; empty: it came from none.
struct Performed {
  Message message;
  std::string queue;
};

// The log of the terminal, whatever a daemon's is.
Result<Log> terminal_log(const Config& config) {
  LogConfig log = config.log;
  log.file.clear();
  log.format = LogFormat::Text;
  return Log::open(log);
}

Result<void> require_event(const LoadReport& report, const std::string& event,
                           const Config& config) {
  std::vector<std::string> known;
  for (const auto& plugin : report.plugins)
    for (const auto& each : plugin.events) known.push_back(each.name);
  if (std::find(known.begin(), known.end(), event) != known.end()) return {};
  const auto near = nearest(event, known);
  return Error{fmt::format("no plugin in {} provides the event '{}': {}", config.plugins.native(),
                           event,
                           near.empty() ? "actiond plugins shows what there is"
                                        : fmt::format("did you mean '{}'?", near))};
}

// "send_email failed: no address". A crash and a lapse of time name the event themselves.
std::string sentence(const std::string& event, const Outcome& outcome) {
  switch (outcome.ending) {
    case Ending::Crashed:
    case Ending::TimedOut:
      return outcome.reason;
    case Ending::Snoozed:
      return fmt::format("{} snoozed for {}: a poller would run it again then", event,
                         format_duration(outcome.snooze));
    default:
      return fmt::format("{} {}: {}", event, name(outcome.ending), outcome.reason);
  }
}

class Perform {
 public:
  Perform(const Config& config, Log& log, bool is_json)
      : config_(config), log_(log), is_json_(is_json) {}

  Result<int> run(const PerformFlags& flags, Performed performed) {
    auto files = list_plugins(config_.plugins);
    if (!files) return files.error();
    trial_.on_log = [this](const auto& line, const auto& event, const auto& id) {
      take(line, event, id);
    };
    trial_.on_queue = [this](const QueueFrame& queued) { take(queued); };
    auto report =
        trial_.load(runner_setup(config_, std::move(*files)),
                    flags.is_unlimited ? LoadTimeout{kNoLimit, {}} : config_.load_timeout);
    if (!report) return report.error();
    const std::string event = performed.message.event;
    if (auto known = require_event(*report, event, config_); !known) return known.error();
    policies_ = EventPolicies(config_, *report);
    const auto& policy = policies_.of(event);
    const Outcome outcome = trial_.perform(std::move(performed.message),
                                           performed.queue.empty() ? policy.queue : performed.queue,
                                           timeout(flags, policy));
    if (outcome.ending == Ending::Done || outcome.ending == Ending::Halted) trial_.end();
    log_.flush();
    return tell(event, outcome);
  }

 private:
  static std::chrono::milliseconds timeout(const PerformFlags& flags, const EventPolicy& policy) {
    if (flags.is_unlimited) return kNoLimit;
    return flags.timeout.empty() ? policy.timeout : *parse_duration(flags.timeout);
  }

  void take(const LogFrame& line, const std::string& event, const std::string& id) {
    const auto level = static_cast<LogLevel>(line.level);
    if (event.empty())
      log_.write(level, line.text);
    else
      log_.plugin(level, event, id, line.text);
    log_.flush();
  }

  void take(const QueueFrame& queued) {
    const std::string queue =
        queued.queue.empty() ? policies_.of(queued.event).queue : std::string(queued.queue);
    const std::chrono::milliseconds delay(queued.delay_ms);
    queued_.push_back({{"event", queued.event},
                       {"queue", queue},
                       {"in_ms", queued.delay_ms},
                       {"params", nlohmann::json::parse(queued.params, nullptr, false)}});
    if (!is_json_)
      fmt::print("queued, but not sent: {}:{} {}{}\n", queue, printable(queued.event),
                 printable(queued.params),
                 delay.count() > 0 ? fmt::format(" in {}", format_duration(delay)) : "");
  }

  Result<int> tell(const std::string& event, const Outcome& outcome) const {
    const bool is_good = outcome.ending == Ending::Done || outcome.ending == Ending::Halted;
    const double took_ms = std::chrono::duration<double, std::milli>(outcome.duration).count();
    if (is_json_) {
      print_json({{"event", event},
                  {"outcome", name(outcome.ending)},
                  {"reason", outcome.reason},
                  {"duration_ms", took_ms},
                  {"queued", queued_}});
      if (is_good) return kDone;
      std::fflush(stdout);
    }
    if (!is_good) return Error{printable(sentence(event, outcome))};
    fmt::print("{} in {:.3f}ms{}\n", name(outcome.ending), took_ms,
               outcome.reason.empty() ? "" : ": " + printable(outcome.reason));
    return kDone;
  }

  const Config& config_;
  Log& log_;
  bool is_json_;
  EventPolicies policies_;
  nlohmann::json queued_ = nlohmann::json::array();
  Trial trial_;
};

Performed new_event(const std::string& event, std::string params) {
  Performed performed;
  performed.message.event = event;
  performed.message.id = action::new_event_id();
  performed.message.body = std::move(params);
  performed.message.enqueued_at_s = wall_now_ms() / 1000;
  return performed;
}

// It stays where it is.
Result<Performed> dead_event(const Config& config, const std::string& id) {
  auto letter = find_dead_letter(config, id);
  if (!letter) return letter.error();
  if (letter->event.empty())
    return Error{
        fmt::format("the dead letter {} can't be performed: it has no type, so it is not an "
                    "event",
                    in_quotes(id))};
  const std::string queue = letter->trail.queue;
  return Performed{std::move(*letter), queue};
}

// The same call for gdb to run.
std::vector<std::string> words_for_gdb(const Common& common, const PerformFlags& flags) {
  std::vector<std::string> words{"perform", "--unlimited"};
  const auto add = [&](const char* option, const std::string& value) {
    if (!value.empty()) words.insert(words.end(), {option, value});
  };
  add("--config", common.source.file);
  add("--environment", common.source.environment);
  add("--dead", flags.dead);
  if (common.is_verbose) words.push_back("--verbose");
  if (common.is_json) words.push_back("--json");
  if (!flags.event.empty()) words.push_back(flags.event);
  words.insert(words.end(), flags.words.begin(), flags.words.end());
  return words;
}

Result<int> perform(const Common& common, const PerformFlags& flags) {
  if (flags.event.empty() == flags.dead.empty())
    return refuse({"which event? write its name, or --dead ID"});
  auto params = params_of(flags.words);
  if (!params) return refuse(params.error());
  if (flags.is_gdb) return become_debugger(words_for_gdb(common, flags));
  auto config = load(common);
  if (!config) return config.error();
  auto performed = flags.dead.empty()
                       ? Result<Performed>(new_event(flags.event, std::move(*params)))
                       : dead_event(*config, flags.dead);
  if (!performed) return performed.error();
  auto log = terminal_log(*config);
  if (!log) return log.error();
  // Ctrl-C calls gdb, which the terminal tells along with all that it runs.
  if (flags.is_unlimited) ::signal(SIGINT, SIG_IGN);
  return Perform(*config, *log, common.is_json).run(flags, std::move(*performed));
}

}  // namespace

void add_perform(CLI::App& app, Common& common) {
  auto flags = std::make_shared<PerformFlags>();
  auto* verb =
      add_verb(app, common, "perform", "run one event here and now, without a broker",
               "Example:  actiond perform hello_world name=ann\n"
               "          actiond perform send_email '{\"to\": \"ann@example.com\"}' --timeout 5s\n"
               "          actiond perform --dead 8ad2b53d-5b0c-4b7e-9a6f-0a4b8de1f6a3 --gdb\n"
               "What the event queues is printed, not queued. Exit status 0: done, or halted by a "
               "filter.",
               [&common, flags] { return perform(common, *flags); });
  checked(verb->add_option("event", flags->event, "the event's name, as in send_email"),
          action::check_event)
      ->type_name("EVENT");
  verb->add_option("params", flags->words, "a JSON object, or key=value...")->type_name("PARAMS");
  checked(verb->add_option("--timeout", flags->timeout, "the longest run (default: as configured)"),
          parse_duration)
      ->type_name("10s");
  verb->add_option("--dead", flags->dead, "run this dead letter and leave it there")
      ->type_name("ID");
  verb->add_flag("--gdb", flags->is_gdb, "run it under gdb, without a time limit");
  verb->add_flag("--unlimited", flags->is_unlimited, "")->group("");
  add_json_option(*verb, common);
}

}  // namespace actiond
