// Memory: overflowed, freed twice, used up; and jumps to where nothing is any more.
#include <alloca.h>
#include <sys/resource.h>

#include <csetjmp>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "deeds.hpp"

namespace {

// NOLINTNEXTLINE(misc-no-recursion): that is what it is about
int deeper(volatile const int& most) {
  volatile char here[4096];
  here[0] = 1;
  return most == 0 ? 0 : deeper(most) + here[0];
}
void overflow_stack(const nlohmann::json&) {
  volatile int most = 1;
  most = deeper(most);
}

void overflow_by_alloca(const nlohmann::json&) {
  auto* bytes = static_cast<volatile char*>(alloca(std::size_t{64} << 20));
  bytes[0] = 1;
}

// The compiler is not to see what this is about.
char* hidden(void* address) {
  auto* volatile seen = static_cast<char*>(address);
  return seen;
}

void free_twice(const nlohmann::json&) {
  char* bytes = hidden(std::malloc(4000));
  char* again = hidden(bytes);
  std::free(bytes);
  std::free(again);
}

void overflow_heap(const nlohmann::json&) {
  char* bytes = hidden(std::malloc(24));
  volatile std::size_t too_many = 200;
  std::memset(bytes, 'x', too_many);
  std::free(bytes);
  const std::vector<std::string> more(100, std::string(40, 'y'));
}

void write_nowhere(const nlohmann::json&) {
  *reinterpret_cast<volatile int*>(16) = 1;
}

// It stays so: what the runner itself needs next fails, too.
void limit_memory(const nlohmann::json&) {
  const rlimit none{1 << 20, 1 << 20};
  ::setrlimit(RLIMIT_AS, &none);
  std::vector<std::unique_ptr<std::string>> held;
  for (;;) held.push_back(std::make_unique<std::string>(1 << 20, 'x'));
}

void limit_descriptors(const nlohmann::json&) {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_NOFILE, &none);
}

std::jmp_buf left;

void leave_jump() {
  (void)setjmp(left);
}
void jump_to_nowhere(const nlohmann::json&) {
  leave_jump();
  std::longjmp(left, 1);
}

}  // namespace

std::vector<Deed> memory_deeds() {
  return {{"overflow_stack", overflow_stack},
          {"overflow_by_alloca", overflow_by_alloca},
          {"free_twice", free_twice},
          {"overflow_heap", overflow_heap},
          {"write_nowhere", write_nowhere},
          {"limit_memory", limit_memory},
          {"limit_descriptors", limit_descriptors},
          {"jump_to_nowhere", jump_to_nowhere}};
}
