#include "poller/plugin_sets/source_watch.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>

#include "base/fd.hpp"
#include "poller/plugin_sets/change_tracker.hpp"
#include "poller/plugin_sets/plugin_directory.hpp"
#include "poller/plugin_sets/plugin_tree.hpp"

namespace actiond {
namespace {

constexpr auto kHints = IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE |
                        IN_DELETE | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF;

// While the directory is on hold it looks as it did before.
std::function<std::string()> look_at(const Config& config) {
  return [plugins = config.plugins, run_dir = config.run_dir, file = config.file,
          look = std::string()]() mutable {
    if (!is_on_hold(plugins)) look = tree_look(plugins, run_dir);
    return look + (file.empty() ? "" : file_look(file));
  };
}

}  // namespace

class SourceWatch::Watcher : public std::enable_shared_from_this<Watcher> {
 public:
  Watcher(boost::asio::io_context& io, const Config& config, SourceEvents events,
          std::function<std::string()> look, const WatchTimes& times)
      : io_(io),
        plugins_(config.plugins),
        run_dir_(config.run_dir),
        file_(config.file),
        times_(times),
        events_(std::move(events)),
        look_(std::move(look)),
        tracker_(look_(), times.rest),
        hints_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
        stop_(::eventfd(0, EFD_CLOEXEC)) {}

  // The thread.
  void run();
  // Nothing is reported from now on. True if the thread has ended, or will at once.
  bool stop();

 private:
  void watch();
  void look_at_hold(MonotonicTime now);
  void report(std::function<void()> event);
  void ask_for_hints();
  bool take_hints();
  bool wait(std::chrono::milliseconds limit);

  boost::asio::io_context& io_;  // only while is_wanted_
  const std::filesystem::path plugins_, run_dir_, file_;
  const WatchTimes times_;
  SourceEvents events_;
  std::function<std::string()> look_;
  ChangeTracker tracker_;
  UniqueFd hints_;
  std::multimap<int, std::string> hinted_;  // by watch: names that count; an empty one: all do
  UniqueFd stop_;
  std::optional<MonotonicTime> held_since_;
  bool is_hold_reported_ = false;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool is_wanted_ = true;
  bool has_ended_ = false;
};

SourceWatch::SourceWatch(boost::asio::io_context& io, const Config& config, SourceEvents events)
    : SourceWatch(io, config, std::move(events), nullptr, {}) {}

SourceWatch::SourceWatch(boost::asio::io_context& io, const Config& config, SourceEvents events,
                         std::function<std::string()> look, const WatchTimes& times)
    : watcher_(std::make_shared<Watcher>(io, config, std::move(events),
                                         look ? std::move(look) : look_at(config), times)) {}

SourceWatch::~SourceWatch() {
  if (!thread_.joinable()) return;
  if (watcher_->stop())
    thread_.join();
  else
    thread_.detach();
}

void SourceWatch::start() {
  if (thread_.joinable()) return;
  thread_ = std::thread([watcher = watcher_] { watcher->run(); });
}

void SourceWatch::Watcher::run() {
  watch();
  const std::lock_guard lock(mutex_);
  has_ended_ = true;
  ended_.notify_all();
}

bool SourceWatch::Watcher::stop() {
  ::eventfd_write(stop_.get(), 1);
  std::unique_lock lock(mutex_);
  is_wanted_ = false;
  return ended_.wait_for(lock, times_.last_look, [this] { return has_ended_; });
}

void SourceWatch::Watcher::watch() {
  bool is_unrest_reported = false;
  ask_for_hints();
  for (;;) {
    if (wait(tracker_.is_at_rest() ? times_.look_anyway : times_.look_again)) return;
    ask_for_hints();
    const auto now = monotonic_now();
    if (tracker_.saw(look_(), now)) report([this] { events_.on_change(); });
    const auto unrest = tracker_.unrest(now);
    const bool is_restless = unrest > times_.patience;
    if (is_restless && !is_unrest_reported)
      report([this, unrest] {
        events_.on_restless(std::chrono::floor<std::chrono::seconds>(unrest));
      });
    is_unrest_reported = is_restless;
    look_at_hold(now);
  }
}

// Somebody may have forgotten it.
void SourceWatch::Watcher::look_at_hold(MonotonicTime now) {
  if (!is_on_hold(plugins_)) {
    held_since_.reset();
    if (std::exchange(is_hold_reported_, false)) report([this] { events_.on_held(""); });
    return;
  }
  if (!held_since_) held_since_ = now;
  if (now - *held_since_ < times_.patience || std::exchange(is_hold_reported_, true)) return;
  report([this, sentence = on_hold(plugins_).text] { events_.on_held(sentence); });
}

void SourceWatch::Watcher::report(std::function<void()> event) {
  const std::lock_guard lock(mutex_);
  if (!is_wanted_) return;
  boost::asio::post(io_, [self = shared_from_this(), event = std::move(event)] {
    if (self->is_wanted_) event();  // it changes in this thread only
  });
}

// Each time anew, as directories come and go; to ask twice is to ask once. Only hints: what is
// missed is seen a second later.
void SourceWatch::Watcher::ask_for_hints() {
  hinted_.clear();
  const auto ask = [this](const std::filesystem::path& path, const std::string& name = {}) {
    hinted_.emplace(::inotify_add_watch(hints_.get(), path.c_str(), kHints), name);
  };
  ask(plugins_);
  ask(plugins_.parent_path(), plugins_.filename());
  if (!file_.empty()) ask(file_.parent_path(), file_.filename());
  const auto entries = list_tree(plugins_, run_dir_);
  if (!entries) return;
  for (const auto& entry : *entries)
    if (entry.is_directory()) ask(plugins_ / entry.path);
}

// Whether one of them is about a source, and not about another file that lies beside one.
bool SourceWatch::Watcher::take_hints() {
  alignas(inotify_event) char hints[4096];
  bool is_any = false;
  for (ssize_t size; (size = ::read(hints_.get(), hints, sizeof hints)) > 0;) {
    for (const char* at = hints; at < hints + size;) {
      const auto* hint = reinterpret_cast<const inotify_event*>(at);
      const std::string_view name = hint->len > 0 ? hint->name : "";
      const auto [first, last] = hinted_.equal_range(hint->wd);
      is_any = is_any || name.empty() || std::any_of(first, last, [name](const auto& each) {
                 return each.second.empty() || each.second == name;
               });
      at += sizeof *hint + hint->len;
    }
  }
  return is_any;
}

// True if it is to stop. After a hint a moment passes, so that a thousand of them cost one look.
bool SourceWatch::Watcher::wait(std::chrono::milliseconds limit) {
  const auto until = monotonic_now() + limit;
  pollfd wake[] = {{stop_.get(), POLLIN, 0}, {hints_.get(), POLLIN, 0}};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - monotonic_now());
    ::poll(wake, 2, std::max(0, static_cast<int>(left.count())));
    if (wake[1].revents != 0) ::poll(wake, 1, static_cast<int>(times_.look_again.count()));
    const bool is_hinted = take_hints();
    if (wake[0].revents != 0) return true;
    if (is_hinted || monotonic_now() >= until) return false;
  }
}

}  // namespace actiond
