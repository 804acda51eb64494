#include "web/chores.hpp"

#include <thread>
#include <utility>

#include "web/at_work.hpp"

namespace actiond::web {

Chores::Chores() : shared_(std::make_shared<Shared>()) {
  std::thread([shared = shared_] { work(*shared); }).detach();
}

Chores::~Chores() {
  const std::lock_guard lock(shared_->mutex);
  shared_->is_over = true;
  shared_->waiting.clear();
  shared_->changed.notify_one();
}

bool Chores::add(std::function<void()> chore) {
  const std::lock_guard lock(shared_->mutex);
  if (shared_->waiting.size() >= kMostChores) return false;
  shared_->waiting.push_back(std::move(chore));
  shared_->changed.notify_one();
  return true;
}

void Chores::work(Shared& shared) {
  std::unique_lock lock(shared.mutex);
  for (;;) {
    shared.changed.wait(lock, [&] { return shared.is_over || !shared.waiting.empty(); });
    if (shared.is_over) return;
    const AtWork at_work;
    const auto chore = std::move(shared.waiting.front());
    shared.waiting.pop_front();
    lock.unlock();
    chore();
    lock.lock();
  }
}

}  // namespace actiond::web
