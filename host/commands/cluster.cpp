// cluster: keeps the pollers of this machine between bounds. It holds nothing: killed at any time,
// the pollers stay, and the next one goes on from what it sees.
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <thread>

#include "answers/cluster_look.hpp"
#include "base/child_process.hpp"
#include "base/clock.hpp"
#include "base/files.hpp"
#include "base/machine_load.hpp"
#include "commands/command.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr auto kDecideEvery = 5s;
constexpr auto kLookTwice = 1s;  // with --once: what a rate is told from

struct ClusterFlags {
  bool is_once = false;
  bool is_dry_run = false;
  bool is_units = false;
};

// "systemctl --no-block start actiond@101 actiond@102", of the manager whose service this is.
std::vector<std::string> unit_words(const std::string& verb, const std::vector<int>& ids) {
  std::vector<std::string> words = {"systemctl"};
  if (std::getenv("MANAGERPID") != nullptr) words.emplace_back("--user");
  words.push_back(verb);
  if (verb == "stop") words.emplace_back("--no-block");
  for (const int id : ids) words.push_back(fmt::format("actiond@{}", id));
  return words;
}

// "actiond start --id 101,102".
std::vector<std::string> verb_words(const Common& common, const Config& config,
                                    const std::string& verb, const std::vector<int>& ids) {
  std::vector<std::string> words = {"actiond", verb, "--id",
                                    fmt::format("{}", fmt::join(ids, ","))};
  if (!config.file.empty()) words.insert(words.end(), {"--config", config.file});
  if (!common.source.environment.empty())
    words.insert(words.end(), {"--environment", common.source.environment});
  return words;
}

class Cluster {
 public:
  Cluster(const Common& common, const Config& config, const ClusterFlags& flags)
      : common_(common),
        config_(config),
        flags_(flags),
        eye_(config, process_name()),
        policy_(config.cluster, most_load()) {}

  Result<int> run() {
    if (flags_.is_once) return once();
    for (;;) {
      if (auto decided = decide(); !decided) print_error(decided.error());
      wait_for_leavers(kDecideEvery);
    }
  }

 private:
  Result<int> once() {
    const auto first = eye_.look();
    if (!first) return first.error();
    (void)policy_.decide(*first);
    std::this_thread::sleep_for(kLookTwice);
    if (auto decided = decide(); !decided) return decided.error();
    for (auto& leaver : leavers_) (void)leaver.wait();
    return kDone;
  }

  double most_load() const {
    return config_.cluster.max_load > 0 ? config_.cluster.max_load : machine_load().most();
  }

  Result<void> decide() {
    const auto look = eye_.look();
    if (!look) return look.error();
    const auto step = policy_.decide(*look);
    const auto ids = step.change > 0 ? eye_.to_start(step.change) : eye_.to_stop(-step.change);
    if (step.change != 0 || step.why != said_) say(*look, step, ids);
    said_ = step.why;
    if (ids.empty() || flags_.is_dry_run) return {};
    return step.change > 0 ? start(ids) : stop(ids);
  }

  void say(const ClusterLook& look, const ClusterStep& step, const std::vector<int>& ids) const {
    if (common_.is_json)
      return print_json({{"at", format_rfc3339(wall_now_ms())},
                         {"pollers", look.pollers},
                         {"busy", look.busy},
                         {"waiting", look.waiting ? nlohmann::json(*look.waiting) : nullptr},
                         {"load", look.load},
                         {"change", step.change},
                         {"ids", ids},
                         {"why", step.why},
                         {"is_dry_run", flags_.is_dry_run}});
    const std::string what =
        ids.empty() ? "changes nothing" : fmt::format("{} {}", verb_of(step), fmt::join(ids, ", "));
    fmt::print("[{}] {} of its {}..{} pollers: {}: {}\n",
               format_local_time(wall_now_ms()).substr(0, 19), look.pollers, config_.cluster.min,
               config_.cluster.max, what, step.why);
    std::fflush(stdout);
  }

  std::string verb_of(const ClusterStep& step) const {
    if (flags_.is_dry_run) return step.change > 0 ? "would start" : "would stop";
    return step.change > 0 ? "starts" : "stops";
  }

  // Returns when they are at work, or it is known why not: the next look is to see them.
  Result<void> start(const std::vector<int>& ids) {
    auto child = run_verb("start", ids);
    if (!child) return child.error();
    if (const auto status = child->wait(); !status.is_success())
      return Error{fmt::format("the start of {} ended with {}: it tries again in {} s",
                               fmt::join(ids, ", "), status.text(), kDecideEvery / 1s)};
    return {};
  }

  // What they have in hand may take them long, and is not waited for.
  Result<void> stop(const std::vector<int>& ids) {
    auto child = run_verb("stop", ids);
    if (!child) return child.error();
    leavers_.push_back(std::move(*child));
    return {};
  }

  Result<ChildProcess> run_verb(const std::string& verb, const std::vector<int>& ids) const {
    ChildPlan plan = flags_.is_units ? ChildPlan{"systemctl " + verb, "/usr/bin/systemctl",
                                                 unit_words(verb, ids)}
                                     : ChildPlan{"actiond " + verb, "/proc/self/exe",
                                                 verb_words(common_, config_, verb, ids)};
    plan.descriptors = {{ChildPlan::kNothing, STDIN_FILENO},
                        {STDERR_FILENO, STDOUT_FILENO},
                        {STDERR_FILENO, STDERR_FILENO}};
    return ChildProcess::start(std::move(plan));
  }

  void wait_for_leavers(std::chrono::milliseconds time) {
    std::this_thread::sleep_for(time);
    std::erase_if(leavers_, [](ChildProcess& leaver) { return leaver.reap().has_value(); });
  }

  const Common& common_;
  const Config& config_;
  const ClusterFlags& flags_;
  ClusterEye eye_;
  ClusterPolicy policy_;
  std::string said_;
  std::vector<ChildProcess> leavers_;
};

// Two at once would undo what the other does. None: another is at work, and is not to be waited
// for.
Result<UniqueFd> take_turn(const Config& config, bool is_once) {
  const auto path = config.run_dir / "cluster.lock";
  UniqueFd lock = open_lock(path);
  if (!lock) return errno_error("create", path.native());
  if (try_to_lock(lock)) return lock;
  if (is_once) return UniqueFd();
  fmt::print("another actiond cluster is at work here: this one waits for its end\n");
  std::fflush(stdout);
  return lock_file(path);
}

Result<int> cluster(const Common& common, const ClusterFlags& flags) {
  const auto config = load(common);
  if (!config) return config.error();
  if (config->cluster.first_id == 0)
    return Error{
        "cluster: is not in the configuration: write the ids of the pollers that it may start, as "
        "in cluster: {ids: 101..140, min: 2}"};
  if (auto made = make_run_dir(*config); !made) return made.error();
  UniqueFd turn;
  if (!flags.is_dry_run) {
    auto taken = take_turn(*config, flags.is_once);
    if (!taken) return taken.error();
    turn = std::move(*taken);
    if (!turn) {
      fmt::print("another actiond cluster is at work here, and decides\n");
      return kDone;
    }
  }
  return Cluster(common, *config, flags).run();
}

}  // namespace

void add_cluster(CLI::App& app, Common& common) {
  auto flags = std::make_shared<ClusterFlags>();
  auto* verb = add_verb(app, common, "cluster", "keep as many pollers here as are needed",
                        "Example:  actiond cluster\n          actiond cluster --once --dry-run\n"
                        "The bounds are in the configuration, cluster:. Killed, it leaves the "
                        "pollers as they are.",
                        [&common, flags] { return cluster(common, *flags); });
  verb->add_flag("--once", flags->is_once, "decide once, and end");
  verb->add_flag("--dry-run", flags->is_dry_run, "say what would be done, and why, and do nothing");
  verb->add_flag("--units", flags->is_units, "start and stop them as units of systemd, actiond@ID");
  add_json_option(*verb, common);
}

}  // namespace actiond
