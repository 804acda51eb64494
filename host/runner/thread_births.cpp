#include "runner/thread_births.hpp"

#include <dlfcn.h>
#include <pthread.h>
#include <threads.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <new>

namespace actiond {
namespace {

std::atomic<std::uint64_t> run_of_new_threads{0};
thread_local std::optional<std::uint64_t> born_in;  // nothing: not by way of what is below

bool is_first_thread() {
  thread_local const bool is_first = ::gettid() == ::getpid();
  return is_first;
}

template <typename End>
struct Birth {
  End (*function)(void*);
  void* argument;
  std::optional<std::uint64_t> run;
};

// A thread's children are of its run, also if that is over.
std::optional<std::uint64_t> run_of_a_child() {
  return is_first_thread() ? run_of_new_threads.load(std::memory_order_relaxed) : born_in;
}

template <typename End>
End begin_thread(void* argument) {
  const std::unique_ptr<Birth<End>> birth(static_cast<Birth<End>*>(argument));
  born_in = birth->run;
  return birth->function(birth->argument);
}

// `create` is given a function to begin with, and its argument.
template <typename End, typename Create>
int bear(End (*function)(void*), void* argument, int no_memory, Create create) {
  auto* birth = new (std::nothrow) Birth<End>{function, argument, run_of_a_child()};
  if (birth == nullptr) return no_memory;
  const int error = create(&begin_thread<End>, birth);
  if (error != 0) delete birth;
  return error;
}

template <typename Function>
Function c_library(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

void set_run_of_new_threads(std::uint64_t number) {
  run_of_new_threads.store(number, std::memory_order_relaxed);
}

std::optional<std::uint64_t> run_of_this_thread() {
  return is_first_thread() ? 0 : born_in;
}

}  // namespace actiond

extern "C" __attribute__((visibility("default"))) int pthread_create(
    pthread_t* thread, const pthread_attr_t* attributes, void* (*function)(void*),
    void* argument) noexcept {
  [[maybe_unused]] static const auto create =
      actiond::c_library<decltype(&::pthread_create)>("pthread_create");
  return actiond::bear(function, argument, EAGAIN, [&](auto* begin, void* birth) {
    return create(thread, attributes, begin, birth);
  });
}

extern "C" __attribute__((visibility("default"))) int thrd_create(thrd_t* thread,
                                                                  thrd_start_t function,
                                                                  void* argument) {
  [[maybe_unused]] static const auto create =
      actiond::c_library<decltype(&::thrd_create)>("thrd_create");
  return actiond::bear(function, argument, thrd_nomem,
                       [&](auto* begin, void* birth) { return create(thread, begin, birth); });
}
