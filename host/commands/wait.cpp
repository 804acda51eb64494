// wait: returns once pollers run a plugin set, for whoever has deployed it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <optional>
#include <thread>

#include "answers/poller_answers.hpp"
#include "base/clock.hpp"
#include "base/duration.hpp"
#include "base/json_parts.hpp"
#include "commands/command.hpp"
#include "commands/process/tell_fleet.hpp"
#include "commands/terminal/table.hpp"
#include "poller/plugin_sets/plugin_tree.hpp"

namespace actiond {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr char kUsualTime[] = "2m";
constexpr auto kLookAtSets = 200ms;

struct WaitFlags {
  std::string set, host;
  bool is_current = false;
  std::string timeout = kUsualTime;
};

// Who lags, and behind what.
struct Laggard {
  std::string poller, state;
};

struct Look {
  std::size_t pollers = 0;
  std::vector<Laggard> lagging;
};

// "17", "box4/17", "console".
std::string name_of(const json& poller) {
  const auto name = text_in(poller, "poller"), id = shown_in(poller, "id");
  return !name.empty() ? name : id.empty() ? "console" : id;
}

// One that leaves has been replaced, or is not to come back: whoever waits does not wait for it.
Look look_for(const std::string& set, const json& pollers) {
  Look look;
  for (const auto& poller : pollers) {
    const auto state = text_in(poller, "state"), runs = text_in(poller, "plugin_set");
    if (state == "leaving") continue;
    ++look.pollers;
    if (runs == set && state != "loading") continue;
    const auto problem = text_in(poller, "problem");
    look.lagging.push_back(
        {name_of(poller),
         runs.empty() ? state
                      : fmt::format("runs {}{}", runs, problem.empty() ? "" : ": " + problem)});
  }
  return look;
}

Result<json> statuses_of(FleetAsker& asker, const std::string& host) {
  auto report = asker.ask({host, {}}, {{"command", "status"}});
  if (!report) return report.error();
  for (const auto& silent : report->missing)
    report->answers.push_back({{"poller", silent.name.text()}, {"state", "does not answer"}});
  return report->answers;
}

// This machine's pollers, or those of a host, over a connection that is made anew if it was lost.
class Pollers {
 public:
  Pollers(const Config& config, std::string host) : config_(config), host_(std::move(host)) {}

  Result<void> connect() {
    if (host_.empty() || asker_) return {};
    auto opened = open_asker(config_);
    if (!opened) return opened.error();
    asker_ = std::move(*opened);
    return {};
  }
  Result<json> look() {
    if (host_.empty()) return ask_pollers(config_.run_dir);
    if (auto connected = connect(); !connected) return connected.error();
    auto pollers = statuses_of(*asker_, host_);
    if (!pollers) asker_.reset();
    return pollers;
  }

 private:
  const Config& config_;
  std::string host_;
  std::optional<FleetAsker> asker_;
};

bool is_done(const Look& look) {
  return look.pollers > 0 && look.lagging.empty();
}

int say(const Common& common, const std::string& set, const std::string& host, const Look& look) {
  if (common.is_json) {
    json lagging = json::array();
    for (const auto& each : look.lagging)
      lagging.push_back({{"poller", each.poller}, {"state", each.state}});
    print_json({{"set", set}, {"pollers", look.pollers}, {"lagging", lagging}});
  } else if (is_done(look)) {
    fmt::print("{} poller{} run{} the plugin set {}\n", look.pollers, look.pollers == 1 ? "" : "s",
               look.pollers == 1 ? "s" : "", set);
  }
  if (is_done(look)) return kDone;
  if (look.pollers == 0)
    print_error(host.empty() ? Error{"no poller runs: start one with actiond start --id 1"}
                             : nobody_answers({host, {}}));
  for (const auto& each : look.lagging)
    print_error({fmt::format("poller {} does not run the plugin set {}: it {}",
                             printable(each.poller), set, printable(each.state))});
  return kFailed;
}

Result<int> wait(const Common& common, const WaitFlags& flags) {
  if (flags.set.empty() == !flags.is_current)
    return refuse({"for which plugin set? write --set HASH, or --current"});
  const auto config = load(common);
  if (!config) return config.error();
  const auto set = flags.is_current ? tree_hash(config->plugins, config->run_dir)
                                    : Result<std::string>(flags.set);
  if (!set) return set.error();
  Pollers pollers(*config, flags.host);
  if (auto connected = pollers.connect(); !connected) return connected.error();
  const auto until = monotonic_now() + *parse_duration(flags.timeout);
  for (;;) {
    const auto seen = pollers.look();
    const bool is_over = monotonic_now() >= until;
    if (!seen && (is_over || flags.host.empty())) return seen.error();
    const auto look = seen ? look_for(*set, *seen) : Look();
    if (is_done(look) || is_over) return say(common, *set, flags.host, look);
    std::this_thread::sleep_for(kLookAtSets);
  }
}

}  // namespace

void add_wait(CLI::App& app, Common& common) {
  auto flags = std::make_shared<WaitFlags>();
  auto* verb = add_verb(app, common, "wait", "wait until all pollers run a plugin set",
                        "Example:  actiond deploy mailer.so && actiond wait --current --host all\n"
                        "Fails, and names those that lag, once the time is over.",
                        [&common, flags] { return wait(common, *flags); });
  verb->add_option("--set", flags->set, "the set, as actiond status shows it")->type_name("HASH");
  verb->add_flag("--current", flags->is_current,
                 "the set that this machine's plugin directory holds now");
  add_host_option(*verb, flags->host);
  checked(verb->add_option("--timeout", flags->timeout, "wait at most this long (2m)"),
          parse_duration)
      ->type_name("TIME");
  add_json_option(*verb, common);
}

}  // namespace actiond
