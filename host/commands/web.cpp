// web: the page that shows and steers the pollers, in a process of its own. It runs no plugin, and
// pollers don't know of it.
#include <fmt/format.h>
#include <malloc.h>
#include <sys/prctl.h>

#include <memory>

#include "base/service_manager.hpp"
#include "commands/command.hpp"
#include "web/listen_address.hpp"
#include "web/serve.hpp"

namespace actiond {
namespace {

constexpr std::chrono::milliseconds kAnnounceTime{1000};

struct WebFlags {
  std::vector<std::string> listen;
  bool is_read_only = false;
};

void announce(const std::vector<std::string>& lines) {
  for (const auto& line : lines) fmt::print("{}\n", line);
  std::fflush(stdout);
  announce_main_process(kAnnounceTime);
}

Result<int> serve_pages(const Common& common, const WebFlags& flags) {
  static Config config;  // its threads may look at it until the process ends
  auto loaded = load(common);
  if (!loaded) return loaded.error();
  config = std::move(*loaded);
  if (!flags.listen.empty()) config.web.listen = flags.listen;
  if (flags.is_read_only) config.web.is_read_only = true;
  if (auto made = make_run_dir(config); !made) return made.error();
  ::prctl(PR_SET_DUMPABLE, 0);  // passwords are in this process
  ::mallopt(M_ARENA_MAX, 2);    // it has threads for each look: one heap each would be too much
  auto log = Log::open(config.log);
  if (!log) return log.error();
  if (auto served = web::serve(config, *log, ACTION_VERSION, announce); !served)
    return served.error();
  return kDone;
}

}  // namespace

void add_web(CLI::App& app, Common& common) {
  auto flags = std::make_shared<WebFlags>();
  auto* verb = add_verb(app, common, "web", "serve a page that shows and steers the pollers",
                        "Example:  actiond web\n          actiond web --listen 127.0.0.1:8080",
                        [&common, flags] { return serve_pages(common, *flags); });
  checked(verb->add_option("--listen", flags->listen,
                           "ADDRESS:PORT or unix:PATH, instead of the configuration's"),
          web::parse_listen_address)
      ->type_name("ADDRESS");
  verb->add_flag("--read-only", flags->is_read_only, "let nobody change anything");
}

}  // namespace actiond
