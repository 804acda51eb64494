// start: daemons. Each is `actiond run` in a session of its own, with its log in a file; this
// process waits until it says that it is at work, or why not.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdio>
#include <memory>

#include "base/child_process.hpp"
#include "base/clock.hpp"
#include "base/duration.hpp"
#include "base/fd.hpp"
#include "base/log_sink.hpp"
#include "base/service_manager.hpp"
#include "commands/command.hpp"
#include "poller/life/pid_file.hpp"
#include "poller/plugin_sets/start_limit.hpp"

namespace actiond {
namespace {

constexpr int kReadyFd = 3;
constexpr std::chrono::seconds kTimeToEnd{10};  // for one that has said why

struct StartFlags {
  std::string ids;
  bool is_daemon = false;
  std::string snapshot;
  PollerFlags poller;
};

struct Daemon {
  int id;
  ChildProcess process;
  UniqueFd ready;  // what it says
};

// The options that `start` and `run` have in common.
void add_options(const Common& common, const Config& config, const PollerFlags& flags,
                 std::vector<std::string>& words) {
  const auto add = [&](const char* option, const std::string& value) {
    if (!value.empty()) words.insert(words.end(), {option, value});
  };
  add("--config", config.file);
  add("--environment", common.source.environment);
  add("--queues", flags.queues);
  add("--concurrency", flags.concurrency);
  if (common.is_verbose) words.push_back("--verbose");
}

std::vector<std::string> arguments(const Common& common, const StartFlags& flags,
                                   const Config& config, int id) {
  std::vector<std::string> words{"actiond",          "run",        "--id",
                                 std::to_string(id), "--ready-fd", std::to_string(kReadyFd)};
  if (!flags.snapshot.empty()) words.insert(words.end(), {"--snapshot", flags.snapshot});
  add_options(common, config, flags.poller, words);
  return words;
}

// Standard output and error, of the poller and of what handlers print, go to the log as well.
Result<ChildProcess> spawn_daemon(std::vector<std::string> words, int log, int ready) {
  ChildPlan plan{"the daemon", "/proc/self/exe", std::move(words)};
  plan.descriptors = {{ChildPlan::kNothing, STDIN_FILENO},
                      {log, STDOUT_FILENO},
                      {log, STDERR_FILENO},
                      {ready, kReadyFd}};
  plan.has_own_session = true;
  return ChildProcess::start(std::move(plan));
}

// Under a service manager that is where this process writes, the journal.
Result<UniqueFd> open_log(const Config& config, int id) {
  if (has_service_manager()) return UniqueFd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10));
  const auto path = daemon_log(config, id);
  auto log = open_log_file(path);
  // What handlers print may wait for its reader, as on a terminal.
  if (log) ::fcntl(log->get(), F_SETFL, O_APPEND);
  return log;
}

Result<Daemon> begin(const Common& common, const StartFlags& flags, const Config& config, int id) {
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) return errno_error("make a pipe");
  UniqueFd read_end(pipe[0]), write_end(pipe[1]);
  auto log = open_log(config, id);
  if (!log) return log.error();
  auto process = spawn_daemon(arguments(common, flags, config, id), log->get(), write_end.get());
  if (!process) return process.error();
  return Daemon{id, std::move(*process), std::move(read_end)};
}

// True once it has something to say, or has ended; false if it is too late for that.
bool is_heard(const UniqueFd& fd, MonotonicTime until) {
  pollfd ready{fd.get(), POLLIN, 0};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - monotonic_now());
    const int found =
        ::poll(&ready, 1, static_cast<int>(std::clamp<long>(left.count(), 0, INT_MAX)));
    if (found > 0) return true;
    if (found == 0 && monotonic_now() >= until) return false;
  }
}

// All that it says; nothing: it stands still.
std::optional<std::string> hear(const UniqueFd& fd, MonotonicTime until) {
  std::string said;
  char part[4096];
  while (is_heard(fd, until)) {
    const ssize_t got = ::read(fd.get(), part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return said;
    said.append(part, static_cast<std::size_t>(got));
  }
  return std::nullopt;
}

// Waits until the daemon is at work or has failed. It bounds that by itself, as long as it lives;
// one that stands still ends with this process.
Result<void> await(Daemon& daemon, MonotonicTime until, const Config& config) {
  const std::string log = daemon_log(config, daemon.id);
  auto said = hear(daemon.ready, until);
  if (said && *said == "ready") return {};
  if (!said)
    said = fmt::format("it was not at work within {}, and is killed: see {}",
                       format_duration(start_limit(config)), log);
  else
    is_heard(*daemon.process.shared_pidfd(), monotonic_now() + kTimeToEnd);
  if (said->empty()) said = "it ended without an error message: see " + log;
  return Error{fmt::format("poller {} did not start: {}", daemon.id, *said)};
}

Result<int> start(const Common& common, const StartFlags& flags, bool must_run) {
  auto config = load(common, flags.poller);
  if (!config) return config.error();
  const auto ids = parse_ids(flags.ids);
  if (auto made = make_run_dir(*config); !made) return made.error();
  if (must_run)
    for (const int id : *ids) {
      const auto path = pid_path(config->run_dir, id);
      const auto record = read_pid_file(path);
      if (!record || !is_alive(path, *record))
        return Error{fmt::format("no poller {} runs: start it with actiond start --id {}", id, id)};
    }
  std::vector<Daemon> daemons;
  int status = kDone;
  const auto fail = [&status](const Error& error) {
    print_error(error);
    status = kFailed;
  };
  for (const int id : *ids) {
    auto daemon = begin(common, flags, *config, id);
    if (!daemon)
      fail(daemon.error().within(fmt::format("poller {} did not start", id)));
    else
      daemons.push_back(std::move(*daemon));
  }
  const auto until = monotonic_now() + start_limit(*config);
  for (auto& daemon : daemons) {
    if (auto started = await(daemon, until, *config); !started)
      fail(started.error());
    else
      fmt::print("{}\n", daemon.process.pid());
  }
  return status;
}

void add(CLI::App& app, Common& common, const char* name, const char* description,
         const char* example, bool must_run) {
  auto flags = std::make_shared<StartFlags>();
  auto* verb = add_verb(app, common, name, description, example,
                        [&common, flags, must_run] { return start(common, *flags, must_run); });
  checked(verb->add_option("--id", flags->ids, "the pollers: 1, or 1..8, or 1,3"), parse_ids)
      ->required()
      ->type_name("N");
  verb->add_flag("-d,--daemon", flags->is_daemon,
                 "accepted and ignored: start always makes daemons");
  verb->add_option("--snapshot", flags->snapshot, "")->group("");
  add_poller_options(*verb, flags->poller);
}

}  // namespace

std::vector<std::string> start_words(const Common& common, const Config& config,
                                     const PollerFlags& flags, int id) {
  std::vector<std::string> words{"start", "--id", std::to_string(id)};
  add_options(common, config, flags, words);
  return words;
}

void add_start(CLI::App& app, Common& common) {
  add(app, common, "start", "start a daemon, which takes over from a running poller of that id",
      "Example:  actiond start --id 1\n          actiond start --id 1..8 --queues \"high medium\"\n"
      "Returns when the new poller is at work and prints its pid, or says why it is not.",
      false);
  add(app, common, "restart", "replace a running poller; fails if none runs",
      "Example:  actiond restart --id 1", true);
}

}  // namespace actiond
