#include "statistics/writer.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

#include "base/clock.hpp"
#include "statistics/store.hpp"

namespace actiond {
namespace {

constexpr std::chrono::seconds kEndTime{1};
constexpr std::chrono::milliseconds kLastPatience{800};  // many may leave at the same time

}  // namespace

struct StatisticsWriter::Shared {
  std::filesystem::path path;
  StatisticsConfig config;

  std::mutex lock;
  std::condition_variable has_changed;
  Delta waiting;  // of both threads, as all that follows
  bool is_due = false;
  bool is_writing = false;
  bool is_last = false;  // there is no next time
  bool is_over = false;
  bool has_ended = false;
  std::vector<std::string> news;

  // The writing thread's own.
  std::unique_ptr<Store> store;
  std::string problem;

  void tell(std::string sentence) {
    const std::lock_guard hold(lock);
    news.push_back(std::move(sentence));
  }
  void tell_problem(const std::string& text) {
    if (problem.empty())
      tell(fmt::format("{}; events go on, their statistics are kept in memory until it is over",
                       text));
    problem = text;
  }
  bool open(std::chrono::milliseconds patience);
  bool write(const Delta& delta, std::chrono::milliseconds patience);
  void move_damaged_aside();
};

bool StatisticsWriter::Shared::open(std::chrono::milliseconds patience) {
  if (store && !store->is_replaced()) return true;
  store.reset();
  auto opened = Store::open(path, config, patience);
  if (opened.moved_aside) tell(std::move(*opened.moved_aside));
  store = std::move(opened.store);
  if (!store && !opened.was_busy) tell_problem(opened.error.text);
  return store != nullptr;
}

void StatisticsWriter::Shared::move_damaged_aside() {
  const auto damaged = store->identity();
  store.reset();
  if (auto moved = move_aside(path, damaged)) tell(std::move(*moved));
}

bool StatisticsWriter::Shared::write(const Delta& delta, std::chrono::milliseconds patience) {
  if (!open(patience)) return false;
  store->set_patience(patience);
  switch (store->add(delta, wall_now_ms())) {
    case Store::Added::Yes:
      problem.clear();
      return true;
    case Store::Added::Busy:
      return false;
    case Store::Added::Damaged:
      return move_damaged_aside(), false;
    case Store::Added::Failed:
      tell_problem(store->error().text);
      store.reset();
      return false;
  }
  return false;
}

StatisticsWriter::StatisticsWriter(std::filesystem::path path, const StatisticsConfig& config)
    : shared_(std::make_shared<Shared>()) {
  shared_->path = std::move(path);
  shared_->config = config;
}

StatisticsWriter::~StatisticsWriter() {
  if (!thread_.joinable()) return;
  std::unique_lock hold(shared_->lock);
  shared_->is_over = true;
  shared_->has_changed.notify_all();
  const bool has_ended =
      shared_->has_changed.wait_for(hold, kEndTime, [this] { return shared_->has_ended; });
  hold.unlock();
  has_ended ? thread_.join() : thread_.detach();
}

void StatisticsWriter::write(Delta delta) {
  {
    const std::lock_guard hold(shared_->lock);
    shared_->waiting.add(std::move(delta));
    shared_->is_due = true;
  }
  if (!thread_.joinable()) begin();
  shared_->has_changed.notify_all();
}

void StatisticsWriter::try_again() {
  const std::lock_guard hold(shared_->lock);
  shared_->is_due = !shared_->waiting.is_empty();
  shared_->has_changed.notify_all();
}

// Signals are the loop's.
void StatisticsWriter::begin() {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = std::thread(work, shared_);
  } catch (const std::system_error& error) {
    shared_->tell_problem(fmt::format("no thread can be started for statistics: {}", error.what()));
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void StatisticsWriter::work(const std::shared_ptr<Shared>& shared) {
  std::unique_lock hold(shared->lock);
  while (true) {
    shared->has_changed.wait(hold, [&] { return shared->is_due || shared->is_over; });
    if (!shared->is_due) break;
    shared->is_due = false;
    Delta delta = std::exchange(shared->waiting, {});
    shared->is_writing = true;
    const bool is_last = shared->is_last;
    hold.unlock();
    const bool is_written = shared->write(delta, is_last ? kLastPatience : kStorePatience);
    hold.lock();
    if (!is_written) {
      delta.add(std::exchange(shared->waiting, {}));
      shared->waiting = std::move(delta);
      shared->is_due |= shared->is_last && !is_last;  // it was not known to be the last
    }
    shared->is_writing = false;
    shared->has_changed.notify_all();
  }
  hold.unlock();
  shared->store.reset();  // may write as well
  hold.lock();
  shared->has_ended = true;
  shared->has_changed.notify_all();
}

bool StatisticsWriter::finish(std::chrono::milliseconds patience) {
  std::unique_lock hold(shared_->lock);
  shared_->is_last = true;
  return !thread_.joinable() || shared_->has_changed.wait_for(hold, patience, [this] {
    return !shared_->is_due && !shared_->is_writing;
  });
}

std::vector<std::string> StatisticsWriter::take_news() {
  const std::lock_guard hold(shared_->lock);
  return std::exchange(shared_->news, {});
}

}  // namespace actiond
