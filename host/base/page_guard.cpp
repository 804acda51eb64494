#include "base/page_guard.hpp"

#include <signal.h>
#include <sys/mman.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <mutex>

namespace actiond {

// In a table of fixed size: a signal handler looks at it.
struct GuardedPage {
  std::atomic<std::uintptr_t> begin{0};  // 0: free
  std::atomic<bool> is_lost{false};
};

namespace {

constexpr std::size_t kGuardedSize = 4096;
constexpr std::size_t kMostGuarded =
    8192;  // two for each runner, and more runners than a machine holds

std::array<GuardedPage, kMostGuarded> guarded_pages;
struct sigaction action_before;

bool put_an_empty_page(std::uintptr_t at) {
  for (auto& page : guarded_pages) {
    const auto begin = page.begin.load();
    if (begin == 0 || at < begin || at >= begin + kGuardedSize) continue;
    page.is_lost = true;
    return ::mmap(reinterpret_cast<void*>(begin), kGuardedSize, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
  }
  return false;
}

// What it returns to is tried again: on an empty page, or with the handler from before.
void on_sigbus(int, siginfo_t* info, void*) {
  const int error = errno;
  if (info->si_code <= 0 || !put_an_empty_page(reinterpret_cast<std::uintptr_t>(info->si_addr))) {
    ::sigaction(SIGBUS, &action_before, nullptr);
    if (info->si_code <= 0) ::raise(SIGBUS);  // sent by somebody: nothing is tried again
  }
  errno = error;
}

void take_sigbus() {
  struct sigaction action {};
  action.sa_sigaction = on_sigbus;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(SIGBUS, &action, &action_before);
}

}  // namespace

PageGuard::PageGuard(void* page) {
  static std::once_flag is_taken;
  std::call_once(is_taken, take_sigbus);
  for (auto& free : guarded_pages) {
    std::uintptr_t none = 0;
    if (!free.begin.compare_exchange_strong(none, reinterpret_cast<std::uintptr_t>(page))) continue;
    free.is_lost = false;
    guarded_ = &free;
    return;
  }
}

PageGuard::~PageGuard() {
  if (guarded_ != nullptr) guarded_->begin = 0;
}

bool PageGuard::is_lost() const {
  return guarded_ != nullptr && guarded_->is_lost;
}

}  // namespace actiond
