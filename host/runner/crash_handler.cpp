#include "runner/crash_handler.hpp"

#include <execinfo.h>
#include <signal.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "wire/crash_text.hpp"

namespace actiond {
namespace {

constexpr int kMostFrames = 64;

int crash_fd = -1;
// A handler that overflowed its stack has none left for this.
alignas(16) std::array<char, 65536> crash_stack;

// Where the crash was; null on machines that we don't know.
void* crashed_at([[maybe_unused]] const void* context) {
#if defined(__x86_64__)
  return reinterpret_cast<void*>(
      static_cast<const ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
  return reinterpret_cast<void*>(static_cast<const ucontext_t*>(context)->uc_mcontext.pc);
#else
  return nullptr;
#endif
}

// Calls nothing that takes a lock or memory: who knows what the crash has left behind.
void on_crash(int signal, siginfo_t*, void* context) {
  void* frames[kMostFrames];
  const int count = ::backtrace(frames, kMostFrames);
  // The frames before are this handler's.
  void** const end = frames + count;
  void** begin = std::find(frames, end, crashed_at(context));
  if (begin == end) begin = frames;
  ::lseek(crash_fd, kCrashTextAt, SEEK_SET);
  ::backtrace_symbols_fd(begin, static_cast<int>(end - begin), crash_fd);
  ::raise(signal);  // SA_RESETHAND: this time it is deadly
}

}  // namespace

void install_crash_handler(int progress_fd) {
  crash_fd = progress_fd;
  void* frame = nullptr;
  ::backtrace(&frame, 1);  // the first call loads a library, which must not happen in a crash
  stack_t stack{};
  stack.ss_sp = crash_stack.data();
  stack.ss_size = crash_stack.size();
  ::sigaltstack(&stack, nullptr);
  struct sigaction action {};
  action.sa_sigaction = &on_crash;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND | SA_NODEFER;
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT})
    ::sigaction(signal, &action, nullptr);
}

}  // namespace actiond
