#include "base/machine_load.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <thread>

#include "base/fd.hpp"

namespace actiond {
namespace {

constexpr double kMostLoadPerCore = 2;
constexpr double kLeastAvailable = 0.05;  // of all memory

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

double MachineLoad::most() const {
  return kMostLoadPerCore * cores;
}

bool MachineLoad::has_memory() const {
  return memory_share > kLeastAvailable;
}

bool MachineLoad::allows_more() const {
  return load < most() && has_memory();
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

}  // namespace actiond
