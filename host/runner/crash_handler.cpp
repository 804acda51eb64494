#include "runner/crash_handler.hpp"

#include <execinfo.h>
#include <signal.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <optional>

#include "runner/own_process.hpp"
#include "wire/crash_text.hpp"

namespace actiond {
namespace {

constexpr int kMostFrames = 64;

std::optional<OwnDescriptor> crash_file;
std::atomic<bool> is_crashing{false};
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
void write_backtrace(const void* context) {
  void* frames[kMostFrames];
  const int count = ::backtrace(frames, kMostFrames);
  // The frames before are this handler's.
  void** const end = frames + count;
  void** begin = std::find(frames, end, crashed_at(context));
  if (begin == end) begin = frames;
  ::lseek(crash_file->number(), kCrashTextAt, SEEK_SET);
  ::backtrace_symbols_fd(begin, static_cast<int>(end - begin), crash_file->number());
}

// The next time the signal is deadly, whoever has taken it for itself meanwhile: Go's runtime, for
// one, calls the handler before it, and would do so again and again.
void on_crash(int signal, siginfo_t*, void* context) {
  ::signal(signal, SIG_DFL);
  if (!is_crashing.exchange(true) && !is_copy() && crash_file->is_still_ours())
    write_backtrace(context);
  ::raise(signal);
}

}  // namespace

void install_crash_handler(OwnDescriptor progress) {
  crash_file = progress;
  void* frame = nullptr;
  ::backtrace(&frame, 1);  // the first call loads a library, which must not happen in a crash
  stack_t stack{};
  stack.ss_sp = crash_stack.data();
  stack.ss_size = crash_stack.size();
  ::sigaltstack(&stack, nullptr);
  struct sigaction action {};
  action.sa_sigaction = &on_crash;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT})
    ::sigaction(signal, &action, nullptr);
}

}  // namespace actiond
