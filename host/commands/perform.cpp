// perform: one event here and now, in a runner child and without a broker. What its handler queues
// is shown and goes nowhere.
#include <fmt/format.h>

#include <memory>

#include "base/clock.hpp"
#include "base/duration.hpp"
#include "base/log.hpp"
#include "base/nearest.hpp"
#include "client/event_id.hpp"
#include "client/names.hpp"
#include "commands/command.hpp"
#include "commands/params.hpp"
#include "commands/table.hpp"
#include "commands/trial.hpp"
#include "poller/event_policies.hpp"
#include "poller/plugin_directory.hpp"

namespace actiond {
namespace {

struct PerformFlags {
  std::string event;
  std::vector<std::string> words;
  std::string timeout;
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

  Result<int> run(const PerformFlags& flags, std::string params) {
    auto files = list_plugins(config_.plugins);
    if (!files) return files.error();
    trial_.on_log = [this](const auto& line, const auto& event, const auto& id) {
      take(line, event, id);
    };
    trial_.on_queue = [this](const QueueFrame& queued) { take(queued); };
    auto report = trial_.load(runner_setup(config_, std::move(*files)));
    if (!report) return report.error();
    if (auto known = require_event(*report, flags.event, config_); !known) return known.error();
    policies_ = EventPolicies(config_, *report);
    const auto& policy = policies_.of(flags.event);
    const Outcome outcome =
        trial_.perform(message(flags.event, std::move(params)), policy.queue,
                       flags.timeout.empty() ? policy.timeout : *parse_duration(flags.timeout));
    if (outcome.ending == Ending::Done || outcome.ending == Ending::Halted) trial_.end();
    log_.flush();
    return tell(flags.event, outcome);
  }

 private:
  static Message message(const std::string& event, std::string params) {
    Message message;
    message.event = event;
    message.id = action::new_event_id();
    message.body = std::move(params);
    message.enqueued_at_s = wall_now_ms() / 1000;
    return message;
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
      return is_good ? kDone : kFailed;
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

Result<int> perform(const Common& common, const PerformFlags& flags) {
  auto params = params_of(flags.words);
  if (!params) return refuse(params.error());
  auto config = load(common);
  if (!config) return config.error();
  auto log = terminal_log(*config);
  if (!log) return log.error();
  return Perform(*config, *log, common.is_json).run(flags, std::move(*params));
}

}  // namespace

void add_perform(CLI::App& app, Common& common) {
  auto flags = std::make_shared<PerformFlags>();
  auto* verb =
      add_verb(app, common, "perform", "runs one event here and now, without a broker",
               "Example:  actiond perform hello_world name=ann\n"
               "          actiond perform send_email '{\"to\": \"ann@example.com\"}' --timeout 5s\n"
               "What the event queues is printed and not sent. Exit status 0: done, or halted by a "
               "filter.",
               [&common, flags] { return perform(common, *flags); });
  checked(verb->add_option("event", flags->event, "the event's name, as in send_email"),
          action::check_event)
      ->required()
      ->type_name("EVENT");
  verb->add_option("params", flags->words, "a JSON object, or key=value...")->type_name("PARAMS");
  checked(verb->add_option("--timeout", flags->timeout, "its longest run (else as configured)"),
          parse_duration)
      ->type_name("10s");
  add_json_option(*verb, common);
}

}  // namespace actiond
