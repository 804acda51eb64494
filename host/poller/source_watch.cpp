#include "poller/source_watch.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <boost/asio/post.hpp>

#include "poller/plugin_tree.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr auto kRest = 300ms;
constexpr int kLookAnywayMs = 1000;
constexpr int kLookAgainMs = 100;  // while it is not at rest
constexpr auto kHints = IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE |
                        IN_DELETE | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF;

}  // namespace

SourceWatch::SourceWatch(boost::asio::io_context& io, const Config& config,
                         std::function<void()> on_change)
    : io_(io),
      config_(config),
      on_change_(std::make_shared<std::function<void()>>(std::move(on_change))),
      tracker_(look(), kRest),
      hints_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      stop_(::eventfd(0, EFD_CLOEXEC)) {}

SourceWatch::~SourceWatch() {
  *on_change_ = nullptr;
  ::eventfd_write(stop_.get(), 1);
  if (thread_.joinable()) thread_.join();
}

void SourceWatch::start() {
  thread_ = std::thread([this] { run(); });
}

void SourceWatch::run() {
  ask_for_hints();
  for (;;) {
    if (wait(tracker_.is_settled() ? kLookAnywayMs : kLookAgainMs)) return;
    ask_for_hints();
    if (!tracker_.saw(look(), monotonic_now())) continue;
    boost::asio::post(io_, [on_change = on_change_] {
      if (*on_change) (*on_change)();
    });
  }
}

std::string SourceWatch::look() const {
  return tree_look(config_.plugins, config_.run_dir) +
         (config_.file.empty() ? "" : file_look(config_.file));
}

// Each time anew, as directories come and go; to ask twice is to ask once. Only hints: what is
// missed is seen a second later.
void SourceWatch::ask_for_hints() {
  const auto ask = [this](const std::filesystem::path& path) {
    ::inotify_add_watch(hints_.get(), path.c_str(), kHints);
  };
  ask(config_.plugins);
  ask(config_.plugins.parent_path());
  if (!config_.file.empty()) ask(config_.file.parent_path());
  const auto entries = list_tree(config_.plugins, config_.run_dir);
  if (!entries) return;
  for (const auto& entry : *entries)
    if (entry.is_directory()) ask(config_.plugins / entry.path);
}

// True if it is to stop. After a hint a moment passes, so that a thousand of them cost one look.
bool SourceWatch::wait(int timeout_ms) {
  pollfd wake[] = {{stop_.get(), POLLIN, 0}, {hints_.get(), POLLIN, 0}};
  ::poll(wake, 2, timeout_ms);
  if (wake[1].revents != 0) ::poll(wake, 1, kLookAgainMs);
  char drained[4096];
  while (::read(hints_.get(), drained, sizeof drained) > 0) {
  }
  return wake[0].revents != 0;
}

}  // namespace actiond
