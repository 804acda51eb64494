// run: a poller in the foreground. A daemon is this too, started by `start` in the background with
// --ready-fd, where it says whether it got to work.
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <memory>

#include "base/fd.hpp"
#include "base/service_manager.hpp"
#include "commands/command.hpp"
#include "poller/poller.hpp"
#include "poller/runners/started_by.hpp"

namespace actiond {
namespace {

struct RunFlags {
  std::string id;
  int ready_fd = -1;
  std::string snapshot;
  PollerFlags poller;
};

// One line to whoever started us: empty for success, else the reason. Then the descriptor is
// closed, which is the end of the message.
void report(int fd, const Result<void>& started) {
  if (fd < 0) return;
  const std::string text = started ? "ready" : started.error().text;
  if (::write(fd, text.data(), text.size()) < 0) return;  // nobody waits any more
  ::close(fd);
}

// Until it takes over: whoever gives up on `start` gives up on what it started. After that the
// parent's end, which may come at once, must not end it. Returns what parts the two. A plugin may
// have stopped this process, and then nothing gentler ends it.
std::function<Result<void>()> depend_on_parent() {
  const pid_t parent = ::getppid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  return [parent]() -> Result<void> {
    ::prctl(PR_SET_PDEATHSIG, 0);
    if (::getppid() == parent) return {};  // else the signal is on its way
    return Error{"the process that started it has stopped waiting"};
  };
}

Result<int> parse_one_id(const std::string& text) {
  auto ids = parse_ids(text);
  if (!ids) return ids.error();
  if (ids->size() != 1) return Error{"run starts one poller: write --id with one number"};
  return ids->front();
}

Result<int> run(const Common& common, const RunFlags& flags) {
  auto config = load(common, flags.poller);
  if (!config) return config.error();
  PollerOptions options;
  if (!flags.id.empty()) options.id = *parse_one_id(flags.id);
  if (auto made = make_run_dir(*config); !made) return made.error();
  // The broker's password is in this process: no core of it, and no debugger of the same user.
  // The runners are new executables and may dump.
  ::prctl(PR_SET_DUMPABLE, 0);
  const bool is_daemon = flags.ready_fd >= 0;
  if (is_daemon) options.before_takeover = depend_on_parent();
  if (is_daemon && options.id && !has_service_manager())
    config->log.file = daemon_log(*config, *options.id);
  auto log = Log::open(config->log);
  if (!log) return log.error();
  options.is_broker_required = is_daemon;
  options.snapshot = flags.snapshot;
  if (options.id && (is_daemon || has_service_manager()))
    options.successor = start_words(common, *config, flags.poller, *options.id);
  options.on_started = [fd = flags.ready_fd](const Result<void>& started) { report(fd, started); };
  leave_runner();
  boost::asio::io_context io(1);
  LoopClock clock(io);
  auto tools = PollerTools::real(io, clock, *config, options.id, *log);
  Poller poller(*config, std::move(options), *log, io, std::move(tools));
  auto ran = poller.run();
  if (ran) return kDone;
  if (!is_daemon) return ran.error();
  log->error("{}", ran.error().text);  // whoever waits has been told
  return kFailed;
}

}  // namespace

void add_run(CLI::App& app, Common& common) {
  auto flags = std::make_shared<RunFlags>();
  auto* verb =
      add_verb(app, common, "run", "run a poller in the foreground, with its log on the terminal",
               "Example:  actiond run --queues \"high medium\"\n"
               "Ctrl-C finishes the event in hand; a second Ctrl-C gives it back.",
               [&common, flags]() -> Result<int> {
                 auto status = run(common, *flags);
                 if (!status) report(flags->ready_fd, status.error());
                 return status;
               });
  checked(verb->add_option("--id", flags->id,
                           "hold and obey the PID file run_dir/poller.N.pid, as daemons do"),
          parse_one_id)
      ->type_name("N");
  verb->add_option("--ready-fd", flags->ready_fd, "")->group("");
  verb->add_option("--snapshot", flags->snapshot, "")->group("");
  add_poller_options(*verb, flags->poller);
}

}  // namespace actiond
