// Signals: raised, blocked, ignored, taken; and time limits that are not kept.
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "deeds.hpp"

namespace {

using namespace std::chrono_literals;

// Which one the params say: any of them, the deadly and the harmless.
void raise_signal(const nlohmann::json& params) {
  ::raise(params.value("n", 0) % 30 + 1);
}

void block_signals(const nlohmann::json&) {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

void take_signals(const nlohmann::json&) {
  for (int signal = 1; signal < 31; ++signal) ::signal(signal, [](int) {});
}

void take_signals_and_crash(const nlohmann::json& params) {
  take_signals(params);
  *reinterpret_cast<volatile int*>(8) = 1;
}

void stop_itself(const nlohmann::json&) {
  ::raise(SIGSTOP);
}

// Its own group is all that it may meet by this.
void kill_group(const nlohmann::json& params) {
  constexpr int signals[] = {SIGTERM, SIGKILL, SIGSTOP, SIGQUIT, SIGINT, SIGHUP};
  ::kill(0, signals[params.value("n", 0) % 6]);
}

void kill_itself(const nlohmann::json&) {
  ::raise(SIGKILL);
}

// It strikes in another's run.
void alarm_later(const nlohmann::json&) {
  ::alarm(1);
}

void sleep_too_long(const nlohmann::json&) {
  std::this_thread::sleep_for(5min);
}

void ignore_and_spin(const nlohmann::json&) {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::signal(signal, SIG_IGN);
  for (volatile bool is_on = true; is_on;) continue;
}

}  // namespace

std::vector<Deed> signal_deeds() {
  return {{"raise_signal", raise_signal},       {"block_signals", block_signals},
          {"take_signals", take_signals},       {"take_signals_and_crash", take_signals_and_crash},
          {"stop_itself", stop_itself},         {"kill_itself", kill_itself},
          {"alarm_later", alarm_later},         {"sleep_too_long", sleep_too_long},
          {"ignore_and_spin", ignore_and_spin}, {"kill_group", kill_group}};
}
