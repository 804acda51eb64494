// Takes SIGSEGV for itself and calls whoever had it before, as the runtime of Go does; then
// crashes.
#include <action/event.hpp>
#include <csignal>
#include <cstdint>

namespace {

struct sigaction before;

void handle(int signal, siginfo_t* info, void* context) {
  before.sa_sigaction(signal, info, context);
}

}  // namespace

class TakesSigsegvEvent : public action::Event {
 public:
  void process() override {
    struct sigaction action {};
    action.sa_sigaction = &handle;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    ::sigaction(SIGSEGV, &action, &before);
    *reinterpret_cast<volatile int*>(std::uintptr_t{65528}) = 1;  // not to null: see segfault
  }
};
ACTION_EVENT(TakesSigsegvEvent)
