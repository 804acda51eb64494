#include "runner/thread_births.hpp"

#include <dlfcn.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <new>

namespace actiond {
namespace {

std::atomic<std::uint64_t> run_of_new_threads{0};
thread_local std::uint64_t born_in = 0;
thread_local bool is_born = false;  // by way of pthread_create below

struct Birth {
  void* (*function)(void*);
  void* argument;
  std::uint64_t run;
};

// A thread's children are of its run, also if that is over.
std::uint64_t run_of_a_child() {
  return is_born ? born_in : run_of_new_threads.load(std::memory_order_relaxed);
}

void* begin_thread(void* argument) {
  const std::unique_ptr<Birth> birth(static_cast<Birth*>(argument));
  born_in = birth->run;
  is_born = true;
  return birth->function(birth->argument);
}

}  // namespace

void set_run_of_new_threads(std::uint64_t number) {
  run_of_new_threads.store(number, std::memory_order_relaxed);
}

std::uint64_t run_of_this_thread() {
  return born_in;
}

}  // namespace actiond

extern "C" __attribute__((visibility("default"))) int pthread_create(
    pthread_t* thread, const pthread_attr_t* attributes, void* (*function)(void*),
    void* argument) noexcept {
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const auto create = reinterpret_cast<Create>(::dlsym(RTLD_NEXT, "pthread_create"));
  auto* birth = new (std::nothrow) actiond::Birth{function, argument, actiond::run_of_a_child()};
  if (birth == nullptr) return EAGAIN;
  const int error = create(thread, attributes, &actiond::begin_thread, birth);
  if (error != 0) delete birth;
  return error;
}
