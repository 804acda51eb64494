// Exceptions of every kind, and ends of the process that are none.
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>

#include "deeds.hpp"

namespace {

struct Says : std::exception {
  explicit Says(const char* what) : text(what) {}
  const char* what() const noexcept override { return text; }
  const char* text;
};

void fail() {
  throw std::runtime_error("where none may come from");
}

void throw_int(const nlohmann::json&) {
  throw 42;
}
void throw_huge_text(const nlohmann::json&) {
  throw std::runtime_error(std::string(std::size_t{100} << 20, 'w'));
}
void throw_binary(const nlohmann::json&) {
  throw Says("\xff\xfe \n[2026-01-01 00:00:00.000] forged \x1b[31m");
}
void throw_nothing_to_say(const nlohmann::json&) {
  throw Says(nullptr);
}
void throw_from_noexcept(const nlohmann::json&) {
  []() noexcept { fail(); }();
}
void throw_while_unwinding(const nlohmann::json&) {
  struct Thrower {
    ~Thrower() noexcept(false) { throw std::runtime_error("from a destructor"); }
  } const thrower;
  throw std::runtime_error("from the handler");
}
void throw_nested(const nlohmann::json&) {
  try {
    throw std::runtime_error("the inner one");
  } catch (...) {
    std::throw_with_nested(std::logic_error("the outer one"));
  }
}

void call_exit(const nlohmann::json&) {
  std::exit(0);
}
void call_exit_at_once(const nlohmann::json&) {
  ::_exit(0);
}
void call_quick_exit(const nlohmann::json&) {
  std::quick_exit(0);
}
void call_abort(const nlohmann::json&) {
  std::abort();
}
void call_terminate(const nlohmann::json&) {
  std::terminate();
}

}  // namespace

std::vector<Deed> exception_deeds() {
  return {{"throw_int", throw_int},
          {"throw_huge_text", throw_huge_text},
          {"throw_binary", throw_binary},
          {"throw_nothing_to_say", throw_nothing_to_say},
          {"throw_from_noexcept", throw_from_noexcept},
          {"throw_while_unwinding", throw_while_unwinding},
          {"throw_nested", throw_nested},
          {"exit", call_exit},
          {"_exit", call_exit_at_once},
          {"quick_exit", call_quick_exit},
          {"abort", call_abort},
          {"terminate", call_terminate}};
}
