// Runners that do what the test says: a process that only waits to be killed, while the test
// speaks for it. What is real is all that the poller sees: socket, page of progress, pidfd.
#pragma once

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <deque>
#include <string>
#include <vector>

#include "base/child_process.hpp"
#include "poller/runners/runner_slot.hpp"
#include "wire/setup.hpp"

class FakeRunner {
 public:
  FakeRunner(pid_t pid, actiond::UniqueFd socket, actiond::Progress progress)
      : pid_(pid), socket_(std::move(socket)), progress_(std::move(progress)) {}

  // It has loaded a plugin with these events, or was told of a problem with it.
  void load(const std::vector<std::string>& events, const std::string& problem = "") {
    has_loaded_ = true;
    actiond::PluginInfo plugin;
    plugin.file = "fake.so";
    plugin.name = "fake";
    plugin.problem = problem;
    for (const auto& event : events) plugin.events.push_back({event, "", 0, 0});
    send(actiond::ReadyFrame{actiond::to_text(actiond::LoadReport{{plugin}})});
  }
  // It is at this plugin's file.
  void begin_loading(const std::string& file) { send(actiond::LoadingFrame{file}); }
  bool has_loaded() const { return has_loaded_; }
  // Begins the next run.
  void begin(actiond::MonotonicTime now) {
    REQUIRE(progress_.begin(++begun_, now.time_since_epoch().count()));
  }
  // The next run that it is told of will be this one: those before were taken back.
  void skip_to(std::uint64_t run) { begun_ = run - 1; }
  // The run that it has begun has ended.
  void end(actiond::Ending ending = actiond::Ending::Done,
           std::chrono::nanoseconds duration = std::chrono::microseconds(1)) {
    send(actiond::OutcomeFrame{begun_, ending, 0, duration.count(),
                               ending == actiond::Ending::Done ? "" : "so it says"});
    if (ending == actiond::Ending::Done) return progress_.ended_well(begun_, pid_);
    progress_.not_well(begun_);
    progress_.ended(begun_);
  }
  // It has run the next one well, and the outcome waits for company.
  void run_untold(actiond::MonotonicTime now) { run_untold_by(pid_, now); }
  // Another process says so, on the runner's page.
  void run_untold_by(pid_t pid, actiond::MonotonicTime now) {
    begin(now);
    progress_.ended_well(begun_, pid);
  }
  // That run was taken back, as it sees now.
  void refuse(std::uint64_t run) {
    begun_ = run;
    CHECK_FALSE(progress_.begin(run, 0));
    end(actiond::Ending::NotStarted);
  }
  void run(actiond::MonotonicTime now, std::chrono::nanoseconds duration) {
    begin(now);
    end(actiond::Ending::Done, duration);
  }
  void log(const std::string& text) {
    send(actiond::LogFrame{begun_, static_cast<int>(actiond::LogLevel::Info), text});
  }
  void queue(const std::string& event) {
    send(actiond::QueueFrame{begun_, 0, event, "id-" + event, "", "{}"});
  }
  bool is_cancelled() const { return progress_.is_cancelled(begun_); }

  // What it was sent since it was asked last: "setup …", "run mail", "dead mail WHY", "stop".
  std::vector<std::string> received() {
    std::vector<std::string> texts;
    for (;;) {
      const auto space = input_.space();
      const auto got = ::recv(socket_.get(), space.data(), space.size(), MSG_DONTWAIT);
      if (got <= 0) break;
      input_.commit(static_cast<std::size_t>(got));
    }
    for (auto frame = input_.next(); frame && *frame; frame = input_.next())
      texts.push_back(text_of(**frame));
    return texts;
  }

  void die() { die_by(SIGKILL); }
  // As by itself; a signal that nothing here handles.
  void crash() { die_by(SIGUSR1); }
  void die_by(int signal) {
    if (is_dead()) return;  // the crew may have killed it before, and have buried it
    ::kill(pid_, signal);
    siginfo_t info{};
    REQUIRE(::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) == 0);
  }
  // Somebody has killed it.
  bool is_dead() const {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT | WNOHANG) != 0 ||
           info.si_pid != 0;
  }

 private:
  template <typename Frame>
  void send(const Frame& frame) {
    std::string bytes;
    actiond::encode(bytes, frame);
    REQUIRE(::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(bytes.size()));
  }
  static std::string text_of(const actiond::RunFrame& run) {
    const std::string event(run.event);
    return run.is_dead != 0 ? "dead " + event + " " + std::string(run.reason) : "run " + event;
  }
  static std::string text_of(const actiond::Frame& frame) {
    switch (static_cast<actiond::FrameKind>(frame.kind)) {
      case actiond::FrameKind::Setup:
        return "setup " + std::string(actiond::decode<actiond::SetupFrame>(frame.payload)->json);
      case actiond::FrameKind::Run:
        return text_of(*actiond::decode<actiond::RunFrame>(frame.payload));
      case actiond::FrameKind::Stop:
        return "stop";
      default:
        return "?";
    }
  }

  pid_t pid_;
  actiond::UniqueFd socket_;
  actiond::Progress progress_;
  actiond::FrameBuffer input_;
  std::uint64_t begun_ = 0;
  bool has_loaded_ = false;
};

class FakeRunners {
 public:
  std::deque<FakeRunner> all;  // in the order of their birth
  bool can_start = true;

  FakeRunner& last() { return all.back(); }

  // What a crew starts its runners with.
  actiond::RunnerSlot::Spawn spawn() {
    return [this](const std::vector<std::string>&) { return start(); };
  }

 private:
  actiond::Result<actiond::RunnerProcess> start() {
    if (!can_start) return actiond::Error{"no process can be made"};
    int pair[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
    actiond::UniqueFd ours(pair[0]), theirs(pair[1]);
    auto progress = actiond::Progress::create();
    REQUIRE(progress.ok());
    auto same = actiond::Progress::open(progress->fd());
    REQUIRE(same.ok());
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      for (;;) ::pause();
    }
    actiond::ChildProcess child(pid, actiond::open_process(pid));
    REQUIRE(child);
    all.emplace_back(pid, std::move(theirs), std::move(*same));
    return actiond::RunnerProcess(std::move(child), std::move(ours), std::move(*progress));
  }
};
