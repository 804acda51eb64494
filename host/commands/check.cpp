// check: would a poller start here? The configuration, the plugins (loaded and set up for real, in
// a child), the broker and run_dir: a line each.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <sstream>

#include "answers/inspect.hpp"
#include "base/clock.hpp"
#include "base/duration.hpp"
#include "base/fd.hpp"
#include "base/seal.hpp"
#include "broker/broker.hpp"
#include "broker/fleet.hpp"
#include "broker/lease.hpp"
#include "broker/look.hpp"
#include "commands/command.hpp"
#include "commands/terminal/counted.hpp"
#include "commands/terminal/table.hpp"
#include "poller/cron/ledger.hpp"
#include "poller/face/control_socket.hpp"
#include "poller/plugin_sets/plugin_directory.hpp"
#include "poller/runners/trial.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr auto kBrokerTime = 5s;
// The broker takes a message back from a consumer that holds it for longer than 30 minutes, and
// looks once a minute.
constexpr std::chrono::milliseconds kLongestTimeout = 28min;

class Check {
 public:
  void ok(const std::string& name, const std::string& text) { add(name, "ok", text); }
  void warn(const std::string& name, const std::string& text) { add(name, "warning", text); }
  void fail(const std::string& name, const Error& error) {
    std::istringstream lines(error.text);
    for (std::string line; std::getline(lines, line);) {
      if (failures_++ == 0) first_failure_ = fmt::format("{}: {}", name, line);
      add(name, "FAILED", line);
    }
  }

  // What failed first goes to standard error as well: a script may keep nothing else.
  int print(bool is_json) const {
    if (is_json) {
      nlohmann::json checks = nlohmann::json::array();
      for (const auto& row : rows_)
        checks.push_back({{"result", row[0]}, {"name", row[1]}, {"text", row[2]}});
      print_json({{"ok", failures_ == 0}, {"checks", checks}});
    } else {
      fmt::print("{}", format_table({{"RESULT"}, {"CHECK"}, {""}}, rows_));
    }
    if (failures_ == 0) return kDone;
    std::fflush(stdout);
    const auto others = failures_ > 1 ? fmt::format("; and {} more FAILED", failures_ - 1) : "";
    print_error({first_failure_ + others});
    return kFailed;
  }

 private:
  void add(const std::string& name, const char* result, const std::string& text) {
    rows_.push_back({result, name, text});
  }

  std::vector<std::vector<std::string>> rows_;
  std::string first_failure_;
  int failures_ = 0;
};

void check_timeouts(const Config& config, const LoadReport& report, Check& check) {
  const auto look = [&](std::chrono::milliseconds timeout, const std::string& whose) {
    if (timeout > kLongestTimeout)
      check.warn("timeout",
                 fmt::format("{} is {}: RabbitMQ requeues a message after 30m unless its "
                             "consumer_timeout is higher",
                             whose, format_duration(timeout)));
  };
  look(config.timeout, "timeout:");
  for (const auto& [name, event] : config.events)
    if (event.timeout) look(*event.timeout, "the timeout of " + name);
  for (const auto& plugin : report.plugins)
    for (const auto& event : plugin.events)
      if (!config.events.contains(event.name) || !config.events.at(event.name).timeout)
        look(std::chrono::milliseconds(event.timeout_ms),
             fmt::format("the timeout of {} in {}", event.name, plugin.name));
}

// What the plugins provide, as far as they load.
LoadReport check_plugins(const Config& config, Check& check) {
  auto files = list_plugins(config.plugins);
  if (!files) {
    check.fail("plugins", files.error());
    return {};
  }
  if (is_on_hold(config.plugins)) check.warn("plugins", on_hold(config.plugins).text);
  if (files->empty()) {
    check.warn("plugins", "none in " + config.plugins.native());
    return {};
  }
  Trial trial;
  auto report = trial.load(runner_setup(config, std::move(*files)), config.load_timeout);
  if (!report) {
    check.fail("plugins", report.error());
    return {};
  }
  trial.end();
  std::size_t events = 0;
  for (const auto& plugin : report->plugins) events += plugin.events.size();
  check.ok("plugins", fmt::format("{} with {} in {}", counted(report->plugins.size(), "plugin"),
                                  counted(events, "event"), config.plugins.native()));
  for (const auto& plugin : report->plugins) {
    for (const auto& warning : warnings_of(config, plugin)) check.warn("plugins", warning);
    for (const auto& warning : queued_warnings(plugin, report->plugins))
      check.warn("plugins", warning);
  }
  return std::move(*report);
}

void check_recurring(const Config& config, const LoadReport& report, Check& check) {
  if (report.plugins.empty()) return;  // that is said already
  for (const auto& warning : recurring_warnings(config, report.plugins))
    check.warn("cron", warning);
}

// Makes what pollers would make.
void check_cron(const Config& config, Check& check) {
  if (config.cron.empty()) return;
  const auto lease = open_lease(config, "actiond check", obey, kBrokerTime);
  if (!lease) return check.fail("cron", lease.error());
  check.ok("cron", fmt::format("{} {}", counted(config.cron.size(), "event"),
                               config.cron.size() == 1 ? "recurs" : "recur"));
}

// Nothing is consumed, so nothing comes.
class Deaf final : public BrokerListener {
  void on_delivery(QueueIndex, std::uint64_t, bool, Message&) override {}
  void on_consuming(QueueIndex, int) override {}
  void on_proven_empty(QueueIndex) override {}
  void on_probe_delivered(QueueIndex) override {}
  void on_published(std::uint64_t, const Result<void>&) override {}
};

// Pollers work without it.
void check_fleet(const Config& config, Broker& broker, Check& check) {
  FleetLink* const link = config.remote.allows == Remote::None ? nullptr : broker.fleet();
  if (link == nullptr || !link->join({"check", "check", new_nonce()})) return;
  Deaf deaf;
  const auto until = monotonic_now() + kBrokerTime;
  while (!link->has_joined() && link->problem().empty() && monotonic_now() < until) {
    for (const int fd : broker.descriptors()) {
      pollfd readable{fd, POLLIN, 0};
      ::poll(&readable, 1, 10);
    }
    if (!broker.receive(deaf)) return;
  }
  if (link->has_joined()) return;
  const auto why = link->problem().empty() ? "the broker does not answer" : link->problem();
  check.warn("fleet", "other machines can't reach these pollers, nor see them with --host: " + why);
}

void check_broker(const Config& config, Check& check) {
  auto broker = connect_broker(config, "actiond check", kBrokerTime);
  if (!broker) return check.fail("broker", broker.error());
  check.ok("broker", fmt::format("{} has the queues {} of {}", (*broker)->name(),
                                 fmt::join(config.queues, ", "), config.application));
  for (const auto& remark : (*broker)->remarks()) check.warn("broker", remark);
  check_fleet(config, **broker, check);
  (void)(*broker)->close();
  const auto missing = missing_rights(config, "actiond check", kBrokerTime);
  if (!missing) return check.fail("rights", missing.error());
  for (const auto& right : *missing) check.fail("rights", Error{right});
  if (!missing->empty()) return;
  check_cron(config, check);
  const auto delays = try_delays(config, "actiond check", kBrokerTime);
  if (!delays) return check.warn("delays", "they can't be tried: " + delays.error().text);
  if (*delays) check.fail("delays", Error{**delays});
}

void check_run_dir(const Config& config, Check& check) {
  const auto& path = config.run_dir;
  if (auto made = make_run_dir(config); !made) return check.fail("run_dir", made.error());
  if (::access(path.c_str(), R_OK | W_OK | X_OK) != 0)
    return check.fail("run_dir", errno_error("use the directory", path.native()));
  if (control_path(path, 999999, 4194304).native().size() >= sizeof(sockaddr_un::sun_path))
    return check.fail("run_dir",
                      Error{fmt::format("the path {} is too long for the control sockets in it: "
                                        "choose a shorter run_dir",
                                        path.native())});
  // What a container has for itself goes with it, and what a killed poller had in hand as well.
  struct statfs system {};
  if (::statfs(path.c_str(), &system) == 0 && system.f_type == OVERLAYFS_SUPER_MAGIC)
    return check.warn("run_dir",
                      fmt::format("{} goes with its container: put it on a volume, or an event "
                                  "that kills each poller runs again and again",
                                  path.native()));
  check.ok("run_dir", path);
}

std::string describe(const Config& config) {
  if (config.file.empty()) return "no file: everything has its default";
  if (config.environment_name.empty()) return config.file;
  return fmt::format("{}, environment {}", config.file.native(), config.environment_name);
}

Result<int> check_all(const Common& common) {
  Check check;
  if (auto config = load(common); !config) {
    check.fail("configuration", config.error());
  } else {
    check.ok("configuration", describe(*config));
    const auto report = check_plugins(*config, check);
    check_timeouts(*config, report, check);
    check_recurring(*config, report, check);
    check_broker(*config, check);
    check_run_dir(*config, check);
  }
  return check.print(common.is_json);
}

}  // namespace

void add_check(CLI::App& app, Common& common) {
  auto* verb = add_verb(app, common, "check", "say whether a poller would start here, and why not",
                        "Example:  actiond check -e production\n"
                        "It loads the plugins, runs their setups and declares the queues.",
                        [&common] { return check_all(common); });
  add_json_option(*verb, common);
}

}  // namespace actiond
