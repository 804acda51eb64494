#include "poller/life/tenure.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <utility>

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr auto kLookAnyway = 1s;  // at the directory, and where changes can't be watched
// Whoever removes a directory removes what is in it first, one file after the other.
constexpr auto kDoubt = 300ms;
constexpr int kSayAgain = 10;      // seconds, that run_dir has moved
constexpr auto kTouchEvery = 24h;  // systemd-tmpfiles and others remove what is old
constexpr auto kChanges =
    IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF;

}  // namespace

// The kernel gives a user 128 inotify instances, unless told otherwise: that many pollers have
// none.
UniqueFd watch_directory(const std::filesystem::path& directory) {
  UniqueFd changes(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!changes || ::inotify_add_watch(changes.get(), directory.c_str(), kChanges) < 0) return {};
  return changes;
}

Tenure::Tenure(boost::asio::io_context& io, Clock& clock, const std::filesystem::path& run_dir,
               std::optional<int> id, WatchDirectory watch_directory)
    : io_(io),
      run_dir_(run_dir),
      watch_directory_(std::move(watch_directory)),
      timer_(clock.timer()),
      doubt_timer_(clock.timer()),
      touch_timer_(clock.timer()) {
  if (id) pid_file_.emplace(run_dir, *id);
}

Result<std::optional<PidRecord>> Tenure::begin() {
  if (!pid_file_) return std::optional<PidRecord>();
  changes_ = watch_directory_(run_dir_);
  if (changes_) watch_ = std::make_unique<Watch>(io_, changes_.get());
  look_later();
  touch_later();
  auto written = pid_file_->write_mine();
  has_begun_ = written.ok();
  return written;
}

bool Tenure::is_anybody_there() const {
  const auto record = pid_file_ ? read_pid_file(path()) : std::nullopt;
  return record && is_alive(path(), *record);
}

void Tenure::arm() {
  if (watch_) watch_->arm();
}

bool Tenure::is_over() {
  if (drain_changes()) is_look_due_ = true;
  return std::exchange(is_look_due_, false) && look();
}

bool Tenure::look() {
  if (!has_begun_) return false;
  const auto standing = pid_file_->look();
  if (standing != Standing::Removed) {
    doubt_ = Doubt::None;
    return standing == Standing::Replaced;
  }
  if (doubt_ == Doubt::Settled) return !pid_file_->is_adrift();
  if (doubt_ == Doubt::Open) return false;
  doubt_ = Doubt::Open;
  doubt_timer_->set(kDoubt, [this] {
    doubt_ = Doubt::Settled;
    is_look_due_ = true;
    look_at_directory();
  });
  return false;
}

bool Tenure::has_moved() {
  return std::exchange(is_move_due_, false);
}

void Tenure::look_at_directory() {
  if (!has_begun_ || !pid_file_->is_adrift()) {
    seconds_adrift_ = 0;
    return;
  }
  if (seconds_adrift_++ % kSayAgain == 0) is_move_due_ = true;
}

// Something in run_dir has changed; what, is for the PID file to say.
bool Tenure::drain_changes() {
  if (!watch_ || !watch_->has_fired()) return false;
  char events[4096];
  while (::read(changes_.get(), events, sizeof events) > 0) {
  }
  return true;
}

void Tenure::look_later() {
  timer_->set(kLookAnyway, [this] {
    if (!watch_ || (pid_file_ && pid_file_->is_unread())) is_look_due_ = true;
    look_at_directory();
    look_later();
  });
}

void Tenure::touch_later() {
  touch_timer_->set(kTouchEvery, [this] {
    if (has_begun_) pid_file_->touch();
    touch_later();
  });
}

void Tenure::end() {
  if (pid_file_) pid_file_->remove_if_mine();
}

}  // namespace actiond
