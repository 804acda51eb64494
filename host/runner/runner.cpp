#include "runner/runner.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>

#include "base/clock.hpp"
#include "runner/crash_handler.hpp"
#include "runner/dispatch.hpp"
#include "runner/own_process.hpp"
#include "wire/runner_descriptors.hpp"
#include "wire/runner_mark.hpp"

namespace actiond {
namespace {

// Outcomes of short runs travel together; none waits longer than this for company.
constexpr std::chrono::microseconds kLongestWait{500};

class Runner {
 public:
  Runner(OwnDescriptor socket, Progress progress)
      : socket_(socket), progress_(std::move(progress)), outbox_(socket) {}

  int run() {
    while (!is_stopped_) {
      if (!take_frames()) return 1;
      if (is_stopped_) break;
      outbox_.flush();
      if (!receive()) return socket_.is_still_ours() ? 0 : kCutOffStatus;
    }
    teardown();
    outbox_.flush();
    return 0;
  }

 private:
  // Blocks for the next bytes; false: the poller is gone, or the way to it.
  bool receive() {
    const auto space = input_.space();
    const ssize_t got = ::recv(socket_.number(), space.data(), space.size(), 0);
    if (got < 0 && errno == EINTR) return true;
    if (got <= 0) return false;
    input_.commit(static_cast<std::size_t>(got));
    return true;
  }

  bool take_frames() {
    while (!is_stopped_) {
      auto frame = input_.next();
      if (!frame) return false;
      if (!*frame) return true;
      if (!take(**frame)) return false;
    }
    return true;
  }

  bool take(const Frame& frame) {
    switch (static_cast<FrameKind>(frame.kind)) {
      case FrameKind::Setup: {
        const auto setup = decode<SetupFrame>(frame.payload);
        return setup && load(setup->json);
      }
      case FrameKind::Run: {
        const auto run = decode<RunFrame>(frame.payload);
        if (!run || host_ == nullptr) return false;
        perform(*run);
        return true;
      }
      case FrameKind::Stop:
        is_stopped_ = true;
        return true;
      default:
        return false;
    }
  }

  bool load(std::string_view json) {
    auto setup = setup_from(json);
    if (!setup) return false;
    setup_ = std::move(*setup);
    host_ = std::make_unique<HostApi>(setup_, outbox_, progress_);
    LoadReport report;
    for (const auto& file : setup_.files) report.plugins.push_back(load_plugin(file));
    if (!setup_.inspect_only && report.problem() == nullptr) set_up(report);
    outbox_.send(ReadyFrame{to_text(report)});
    return true;
  }

  PluginInfo load_plugin(const std::string& file) {
    outbox_.send(LoadingFrame{file});  // so that the poller can name what crashed or hung
    PluginInfo info;
    info.file = file;
    auto library = PluginLibrary::load(file);
    if (!library) {
      info.problem = library.error().text;
      return info;
    }
    if (!library->warning().empty()) outbox_.send(LogFrame{0, ACTION_WARNING, library->warning()});
    info = library->info();
    if (library->descriptor().attach != nullptr) library->descriptor().attach(host_->table());
    if (auto added = handlers_.add(*library, info); !added) info.problem = added.error().text;
    info.queued = library->queued();
    libraries_.push_back(std::move(*library));
    return info;
  }

  void set_up(LoadReport& report) {
    for (std::size_t i = 0; i < libraries_.size(); ++i) {
      const auto& plugin = libraries_[i].descriptor();
      if (!ACTIOND_HOLDS(plugin, action_plugin_descriptor, setup) || plugin.setup == nullptr)
        continue;
      auto& info = report.plugins[i];
      outbox_.send(LoadingFrame{info.file});
      host_->begin_run(0);
      if (plugin.setup(host_->table()) == ACTION_DONE) continue;
      const std::string reason = host_->take_reason();
      info.problem = "plugin " + file_name(info.file) + " refused to start: its setup failed" +
                     (reason.empty() ? std::string() : ": " + reason);
      return;
    }
    is_set_up_ = true;
  }

  void perform(const RunFrame& run) {
    const auto now = monotonic_now();
    if (now - last_flush_ > kLongestWait) flush(now);
    if (!progress_.begin(run.number, now.time_since_epoch().count())) {
      report(run.number, {Ending::NotStarted, "recalled", {}, {}});
      return;
    }
    host_->begin_run(run.number, run.trace_parent, run.trace_state);
    Outcome outcome = dispatch(run, handlers_, *host_);
    host_->begin_run(0);
    report(run.number, outcome);
  }

  // A plain success may wait in the outbox for company: if this process dies first, the page of
  // progress still proves it. Anything else must be told before the next run begins.
  void report(std::uint64_t number, const Outcome& outcome) {
    end_if_copy();
    const OutcomeFrame frame{
        number,         outcome.ending,       outcome.snooze.count(), outcome.duration.count(),
        outcome.reason, outcome.retry.count()};
    if (outcome.ending == Ending::Done) {
      outbox_.add(frame);
      return progress_.ended_well(number, claimed_pid());
    }
    progress_.not_well(number);
    outbox_.send(frame);
    progress_.ended(number);
  }

  void flush(MonotonicTime now) {
    outbox_.flush();
    last_flush_ = now;
  }

  void teardown() {
    if (!is_set_up_) return;
    for (auto library = libraries_.rbegin(); library != libraries_.rend(); ++library) {
      const auto& plugin = library->descriptor();
      if (ACTIOND_HOLDS(plugin, action_plugin_descriptor, teardown) && plugin.teardown != nullptr)
        plugin.teardown(host_->table());
    }
  }

  OwnDescriptor socket_;
  Progress progress_;
  Outbox outbox_;
  FrameBuffer input_;
  RunnerSetup setup_;
  std::unique_ptr<HostApi> host_;
  HandlerTable handlers_;
  std::deque<PluginLibrary> libraries_;
  MonotonicTime last_flush_{};
  bool is_set_up_ = false;
  bool is_stopped_ = false;
};

// A service manager's SIGTERM goes to all processes of a poller; what it means is the poller's to
// say. Taken, and not ignored: what is ignored stays so in every program that a handler starts,
// which then could not be ended.
void leave_signals_to_the_poller() {
  struct sigaction nothing {};
  nothing.sa_handler = [](int) {};
  nothing.sa_flags = SA_RESTART;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE})
    ::sigaction(signal, &nothing, nullptr);
}

// Where the system knows no such limit, or has none of that height, the variable must do.
void mark_descendants() {
  const char* const value = std::getenv(kRunnerVariable);
  rlimit limit{};
  if (value == nullptr || ::getrlimit(RLIMIT_LOCKS, &limit) != 0) return;
  limit.rlim_cur = runner_mark(std::string(kRunnerVariable) + "=" + value);
  if (limit.rlim_cur < limit.rlim_max) ::setrlimit(RLIMIT_LOCKS, &limit);
}

Result<std::unique_ptr<Runner>> make_runner() {
  auto socket = OwnDescriptor::adopt(kRunnerSocket);
  if (!socket) return socket.error();
  auto page = OwnDescriptor::adopt(kRunnerProgress);
  if (!page) return page.error();
  auto progress = Progress::open(page->number());
  if (!progress) return progress.error();
  if (auto claimed = claim_process(); !claimed) return claimed.error();
  install_crash_handler(*page);
  return std::make_unique<Runner>(*socket, std::move(*progress));
}

}  // namespace

int run_runner(pid_t poller) {
  // Without this the runner of a killed poller would work on while the broker delivers the same
  // message elsewhere. The check closes the gap between birth and prctl.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != poller) return 0;
  ::close(kRunnerProgram);
  ::prctl(PR_SET_NAME, "actiond-runner");  // it was started by a descriptor's name
  ::setpgid(0, 0);  // so that a handler's kill(0, …) meets its own children, and not the poller
  leave_signals_to_the_poller();
  mark_descendants();
  auto runner = make_runner();
  if (runner) return (*runner)->run();
  std::fprintf(stderr, "actiond: runner: %s\n", runner.error().text.c_str());
  return 1;
}

}  // namespace actiond
