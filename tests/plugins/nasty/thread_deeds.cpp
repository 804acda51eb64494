// Threads that outlive their run, or end the process beside it.
#include <pthread.h>
#include <unistd.h>

#include <action/event.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "deeds.hpp"

namespace {

using namespace std::chrono_literals;

void stay_late(const nlohmann::json&) {
  std::thread([] {
    for (int i = 0; i < 50; ++i) {
      std::this_thread::sleep_for(2ms);
      action::log("late words");
      try {
        action::queue_action_event("innocent", {{"from", "a late thread"}});
      } catch (const std::exception&) {
      }
    }
  }).detach();
}

void crash_late(const nlohmann::json&) {
  std::thread([] {
    std::this_thread::sleep_for(5ms);
    ::raise(SIGSEGV);
  }).detach();
}

void stop_late(const nlohmann::json&) {
  std::thread([] {
    std::this_thread::sleep_for(20ms);
    ::kill(::getpid(), SIGSTOP);
  }).detach();
}

void exit_beside(const nlohmann::json&) {
  std::thread([] { std::exit(0); }).detach();
  std::this_thread::sleep_for(10s);
}

void throw_beside(const nlohmann::json&) {
  std::thread([] { throw std::runtime_error("from a thread"); }).join();
}

void end_main_thread(const nlohmann::json&) {
  ::pthread_exit(nullptr);
}

void end_main_thread_beside_another(const nlohmann::json&) {
  std::thread([] { std::this_thread::sleep_for(30s); }).detach();
  ::pthread_exit(nullptr);
}

// The runner's locks may be held when it happens.
void cancel_main_thread(const nlohmann::json&) {
  std::thread([main = ::pthread_self()] {
    std::this_thread::sleep_for(5ms);
    ::pthread_cancel(main);
  }).detach();
}

}  // namespace

std::vector<Deed> thread_deeds() {
  return {{"stay_late", stay_late},
          {"crash_late", crash_late},
          {"stop_late", stop_late},
          {"exit_beside", exit_beside},
          {"throw_beside", throw_beside},
          {"end_main_thread", end_main_thread},
          {"end_main_thread_beside_another", end_main_thread_beside_another},
          {"cancel_main_thread", cancel_main_thread}};
}
