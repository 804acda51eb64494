#include "poller/runners/staffing.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>
#include <thread>

#include "base/fd.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr auto kBusyTime = 1s;
constexpr auto kBreath = 100ms;  // between two runs, while the broker is asked for the next
constexpr auto kIdleTime = 60s;
constexpr double kMostLoad = 2;        // for each core
constexpr double kLeastMemory = 0.05;  // of all

std::string text_of_proc(const char* path) {
  const UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> text;
  const auto size = file ? ::read(file.get(), text.data(), text.size()) : 0;
  return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

// "MemTotal:  16318268 kB"; 0 without it.
double number_behind(const std::string& text, const char* name) {
  const auto at = text.find(name);
  return at == std::string::npos ? 0 : ::strtod(text.c_str() + at + std::strlen(name), nullptr);
}

}  // namespace

bool MachineLoad::allows_more() const {
  return load < kMostLoad * cores && memory_share > kLeastMemory;
}

MachineLoad machine_load() {
  MachineLoad machine;
  machine.load = ::strtod(text_of_proc("/proc/loadavg").c_str(), nullptr);
  machine.cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  const auto memory = text_of_proc("/proc/meminfo");
  const auto all = number_behind(memory, "MemTotal:");
  if (all > 0) machine.memory_share = number_behind(memory, "MemAvailable:") / all;
  return machine;
}

bool Staffing::wants_more(MonotonicTime now, int runners, bool are_all_busy, bool is_any_waiting) {
  if (!are_all_busy || runners >= range_.most) {
    if (!idle_since_) idle_since_ = now;
    return false;
  }
  const bool was_idle = idle_since_ && now - *idle_since_ >= kBreath;
  idle_since_.reset();
  if (was_idle || !busy_since_) {
    busy_since_ = now;
    has_waited_ = false;
  }
  has_waited_ |= is_any_waiting;
  if (!has_waited_ || now - *busy_since_ < kBusyTime) return false;
  busy_since_ = now;
  has_waited_ = false;
  return true;
}

bool Staffing::wants_fewer(MonotonicTime now, int runners, MonotonicTime idle_since) const {
  return runners > range_.least && now - idle_since >= kIdleTime;
}

}  // namespace actiond
