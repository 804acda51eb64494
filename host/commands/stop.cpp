// stop: tells pollers to leave, by their control sockets or else by a signal, and waits until
// their processes have ended.
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <memory>

#include "answers/local_pollers.hpp"
#include "base/child_process.hpp"
#include "base/clock.hpp"
#include "base/duration.hpp"
#include "commands/command.hpp"
#include "commands/process/tell_fleet.hpp"
#include "poller/face/control_socket.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr auto kStopAnswerTime = 2s;
// What a poller takes at most, once its time is over, for the broker's goodbye and the teardown.
constexpr auto kGoodbye = 15s;
constexpr std::chrono::milliseconds kLookAgainTime = 100ms;  // at one in another container

struct StopFlags {
  std::string ids;
  bool is_all = false;
  bool is_now = false;
  std::string timeout;
  std::string host;
};

// A poller that has been told to stop.
struct Stopping {
  std::optional<int> id;
  pid_t pid;  // as it sees itself
  std::string name;
  UniqueFd process;              // none: it is in another container
  std::filesystem::path socket;  // by which it was told

  // For people: what to do with one that does not stop.
  std::string advice(std::string_view kill) const {
    const pid_t here = process ? pid_of(process) : 0;
    return here > 0 ? fmt::format("end it with {} {}", kill, here) : "end it where it runs";
  }
  bool has_ended() const { return process ? actiond::has_ended(process) : !is_listening(socket); }
};

class Stop {
 public:
  Stop(const Config& config, const StopFlags& flags, std::chrono::milliseconds timeout)
      : config_(config), flags_(flags), timeout_(timeout) {}

  // All that run.
  Result<int> all() {
    auto found = find_pollers(config_.run_dir);
    if (!found) return found.error();
    for (const auto& socket : found->sockets) tell(socket, found->pid_records);
    for (const auto& [id, record] : found->pid_records) tell(id, record);
    if (stopping_.empty() && status_ == kDone) fmt::print("no poller runs\n");
    wait();
    return status_;
  }

  // Those with these ids, also one that is being replaced and still finishes.
  Result<int> some(const std::vector<int>& ids) {
    auto found = find_pollers(config_.run_dir);
    if (!found) return found.error();
    for (const int id : ids) {
      const auto before = stopping_.size();
      const int status = std::exchange(status_, kDone);
      for (const auto& socket : found->sockets)
        if (socket.id == id) tell(socket, found->pid_records);
      const auto record = found->pid_records.find(id);
      if (record != found->pid_records.end()) tell(id, record->second);
      if (stopping_.size() == before && status_ == kDone)
        fail(fmt::format("no poller {} runs: actiond status lists those that run", id));
      status_ = std::max(status, status_);
    }
    wait();
    return status_;
  }

 private:
  void fail(const std::string& sentence) {
    print_error({sentence});
    status_ = kFailed;
  }

  void tell(const PollerSocket& socket, const std::map<int, PidRecord>& records) {
    UniqueFd process = open_process(socket);
    if (!process && !is_listening(socket.path)) return;
    const auto status = ask_poller(socket.path, {{"command", "status"}}, kStopAnswerTime);
    const auto told =
        status
            ? ask_poller(
                  socket.path,
                  {{"command", "stop"}, {"timeout_ms", timeout_.count()}, {"now", flags_.is_now}},
                  kStopAnswerTime)
            : status;
    std::string name = poller_name(socket.id, socket.pid);
    Stopping stopping{socket.id, socket.pid, std::move(name), std::move(process), socket.path};
    // One that no longer listens is about to end: it was leaving when the socket was found.
    if (told || stopping.has_ended() || !is_listening(socket.path)) {
      if (told) say_what_is_in_hand(stopping.name, *status);
      stopping_.push_back(std::move(stopping));
    } else if (!socket.id || !is_record_of(records, *socket.id, socket.pid)) {
      fail(fmt::format("{} can't be reached: {}: {}", stopping.name, told.error().text,
                       stopping.advice("kill")));
    }  // else it has a PID file, by which it can be signalled
  }

  static bool is_record_of(const std::map<int, PidRecord>& records, int id, pid_t pid) {
    const auto record = records.find(id);
    return record != records.end() && record->second.pid == pid;
  }

  // The process of a PID file that no control socket reaches. A signal to a process that is not
  // the record's would be the worst that could happen here, so the handle decides.
  void tell(int id, const PidRecord& record) {
    for (const auto& told : stopping_)
      if (told.id == id && told.pid == record.pid) return;
    UniqueFd process = open_process(record);
    if (!process) return out_of_reach(id, record);
    std::string name = poller_name(id, record.pid);
    const int signal = flags_.is_now ? SIGQUIT : SIGTERM;
    if (!send_signal(process, signal)) return fail(errno_error("signal", name).text);
    fmt::print("{} does not answer: sent it {}\n", name, flags_.is_now ? "SIGQUIT" : "SIGTERM");
    stopping_.push_back({id, record.pid, std::move(name), std::move(process), {}});
  }

  // It is gone, or in another container and can't be signalled.
  void out_of_reach(int id, const PidRecord& record) {
    if (!is_alive(pid_path(config_.run_dir, id), record)) return forget(id, record);
    fail(
        fmt::format("poller {} ({}) does not answer and can't be signalled from here: end it where "
                    "it runs",
                    id, name_of(record)));
  }

  void forget(int id, const PidRecord& record) {
    remove_pid_file(config_.run_dir, id, record);
    const auto sentence = fmt::format(
        "no poller {} runs: its process (pid {}) is gone; its PID file is now "
        "removed",
        id, record.pid);
    if (flags_.is_all)
      fmt::print("{}\n", sentence);
    else
      fail(sentence);
  }

  void say_what_is_in_hand(const std::string& name, const nlohmann::json& status) const {
    const auto runs = status.value("in_hand", nlohmann::json::array());
    if (runs.empty() || flags_.is_now) return;
    fmt::print("{} finishes {}{}, for at most {}\n", name, runs[0].value("event", "an event"),
               runs.size() > 1 ? fmt::format(" and {} more", runs.size() - 1) : "",
               format_duration(timeout_));
    std::fflush(stdout);
  }

  void wait() {
    const auto deadline = monotonic_now() + timeout_ + kGoodbye;
    while (!stopping_.empty()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - monotonic_now());
      if (left <= 0ms) break;
      std::vector<pollfd> ended;
      auto wait = left;
      for (const auto& poller : stopping_) {
        ended.push_back({poller.process.get(), POLLIN, 0});
        if (!poller.process) wait = std::min(left, kLookAgainTime);
      }
      ::poll(ended.data(), ended.size(), static_cast<int>(wait.count()));
      std::erase_if(stopping_, [](const Stopping& poller) {
        if (!poller.has_ended()) return false;
        fmt::print("{} has stopped\n", poller.name);
        return true;
      });
      std::fflush(stdout);
    }
    for (const auto& poller : stopping_)
      fail(fmt::format("{} still runs: {}; the broker offers what it had in hand again",
                       poller.name, poller.advice("kill -9")));
  }

  const Config& config_;
  const StopFlags& flags_;
  std::chrono::milliseconds timeout_;
  std::vector<Stopping> stopping_;
  int status_ = kDone;
};

Result<int> stop(const Common& common, const StopFlags& flags) {
  if (flags.ids.empty() && !flags.is_all && flags.host.empty())
    return refuse({"which pollers? write --id 1, --id 1..8, --all, or --host NAME"});
  auto config = load(common);
  if (!config) return config.error();
  auto timeout = config->shutdown_timeout;
  if (!flags.timeout.empty()) timeout = *parse_duration(flags.timeout);
  if (!flags.host.empty())
    return stop_fleet(*config, choice_of(flags.host, flags.ids),
                      {{"command", "stop"}, {"timeout_ms", timeout.count()}, {"now", flags.is_now}},
                      timeout + kGoodbye);
  Stop stop(*config, flags, timeout);
  if (flags.is_all) return stop.all();
  return stop.some(*parse_ids(flags.ids));
}

}  // namespace

void add_stop(CLI::App& app, Common& common) {
  auto flags = std::make_shared<StopFlags>();
  auto* verb = add_verb(app, common, "stop", "stop pollers after the events in hand",
                        "Example:  actiond stop --id 1\n          actiond stop --all --now\n"
                        "Returns when their processes have ended.",
                        [&common, flags] { return stop(common, *flags); });
  auto* id =
      checked(verb->add_option("--id", flags->ids, "the pollers: 1, or 1..8, or 1,3"), parse_ids);
  verb->add_flag("--all", flags->is_all, "all pollers of this run_dir, or of --host")
      ->excludes(id->type_name("N"));
  add_host_option(*verb, flags->host);
  verb->add_flag("--now", flags->is_now, "kill the handlers and give their events back");
  checked(verb->add_option("--timeout", flags->timeout,
                           "wait this long, then act as --now (default: shutdown_timeout:)"),
          parse_duration)
      ->type_name("30s");
}

}  // namespace actiond
