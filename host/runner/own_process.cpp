#include "runner/own_process.hpp"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <string_view>

#include "base/fd.hpp"

namespace actiond {
namespace {

using Claim = std::atomic<pid_t>;
static_assert(Claim::is_always_lock_free);

Claim* claim = nullptr;  // on a page that is all zeroes in every copy

void unclaim() {
  claim->store(0, std::memory_order_relaxed);
}

}  // namespace

Result<void> claim_process() {
  const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* page = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return errno_error("map a page for the runner");
  // The advice also covers clone(2), but some sandboxes don't know it.
  (void)::madvise(page, size, MADV_WIPEONFORK);
  claim = new (page) Claim(::getpid());
  ::pthread_atfork(nullptr, nullptr, &unclaim);
  return {};
}

pid_t claimed_pid() {
  return claim == nullptr ? 0 : claim->load(std::memory_order_relaxed);
}

bool is_copy() {
  return claim != nullptr && claimed_pid() == 0;
}

void end_if_copy() {
  if (!is_copy()) return;
  constexpr std::string_view kWhy =
      "actiond: a process that a handler forked came back into the runner, and was ended there: a "
      "child must end by _exit or exec\n";
  (void)!::write(STDERR_FILENO, kWhy.data(), kWhy.size());
  ::_exit(1);
}

}  // namespace actiond
