// status: the pollers of this machine, asked by their control sockets, and the broker's queues. It
// changes nothing, and says what it can if part of the whole is down. With --watch again and again.
#include "commands/terminal/status_text.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <memory>

#include "answers/picture.hpp"
#include "base/clock.hpp"
#include "base/duration.hpp"
#include "base/text.hpp"
#include "commands/command.hpp"
#include "commands/process/tell_fleet.hpp"
#include "commands/terminal/screen.hpp"
#include "commands/terminal/watch_text.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr auto kLeastWatch = 100ms;
constexpr auto kMostWatch = 1h;
constexpr char kUsualWatch[] = "2s";

struct StatusFlags {
  std::string watch, host;
  CLI::Option* watch_option = nullptr;
};

Result<std::chrono::milliseconds> parse_watch(const std::string& text) {
  auto every = parse_duration(text.empty() ? kUsualWatch : text);
  if (!every) return every;
  if (*every >= kLeastWatch && *every <= kMostWatch) return every;
  return Error{fmt::format("{} must be from 100ms to 1h", in_quotes(text))};
}

// The signals that end it, or tell of another size of the terminal, are waited for.
class WatchSignals {
 public:
  WatchSignals() {
    ::sigemptyset(&signals_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGWINCH}) ::sigaddset(&signals_, signal);
    ::sigprocmask(SIG_BLOCK, &signals_, nullptr);
  }

  // False if it is to end.
  bool wait(std::chrono::milliseconds most) const {
    const timespec time{most / 1s, (most % 1s) / 1ns};
    const int signal = ::sigtimedwait(&signals_, nullptr, &time);
    return signal < 0 || signal == SIGWINCH;
  }

 private:
  sigset_t signals_;
};

std::int64_t monotonic_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(monotonic_now().time_since_epoch())
      .count();
}

Result<nlohmann::json> picture_of(const Config& config, const std::string& host) {
  if (host.empty()) return take_picture(config, process_name());
  return take_fleet_picture(config, process_name(), host, asker_name());
}

Result<int> watch(const Config& config, const std::string& host, std::chrono::milliseconds every) {
  const WatchSignals signals;
  Trends trends;
  Screen screen;
  do {
    const auto picture = picture_of(config, host);
    if (!picture) return picture.error();
    trends.add(*picture, monotonic_ms());
    const auto time = format_local_time(wall_now_ms()).substr(0, 19);
    if (!screen.show(watch_lines(*picture, trends, time))) return kFailed;
  } while (signals.wait(every));
  return kDone;
}

Result<int> status(const Common& common, const StatusFlags& flags) {
  auto config = load(common);
  if (!config) return config.error();
  if (flags.watch_option->count() > 0) return watch(*config, flags.host, *parse_watch(flags.watch));
  const auto picture = picture_of(*config, flags.host);
  if (!picture) return picture.error();
  if (common.is_json)
    print_json(*picture);
  else
    fmt::print("{}", status_text(*picture));
  return kDone;
}

}  // namespace

void add_status(CLI::App& app, Common& common) {
  auto flags = std::make_shared<StatusFlags>();
  auto* verb = add_verb(app, common, "status", "show the pollers of this run_dir and the queues",
                        "Example:  actiond status\n          actiond status --watch=5s\n"
                        "          actiond status --host all",
                        [&common, flags] { return status(common, *flags); });
  add_json_option(*verb, common);
  add_host_option(*verb, flags->host);
  flags->watch_option =
      checked(verb->add_option("--watch", flags->watch, "redraw every TIME, 2s by default"),
              parse_watch)
          ->expected(0, 1)
          ->type_name("TIME")
          ->excludes("--json");
}

}  // namespace actiond
