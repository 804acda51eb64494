#include "poller/runners/started_by.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "base/fd.hpp"

namespace actiond {
namespace {

constexpr int kMostRounds = 20;  // one that starts others faster than they are found stays

// Whether the process of that /proc entry has it; its variables end with a NUL each.
bool has_variable(const char* process, const std::string& variable) {
  const std::string file = std::string("/proc/") + process + "/environ";
  const UniqueFd environment(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!environment) return false;
  std::string text(1, '\0');
  std::array<char, 4096> part;
  for (ssize_t got; (got = ::read(environment.get(), part.data(), part.size())) > 0;)
    text.append(part.data(), static_cast<std::size_t>(got));
  return text.find('\0' + variable + '\0') != std::string::npos;
}

// Whether there was one.
bool kill_round(const std::string& variable) {
  const auto close = [](DIR* directory) { ::closedir(directory); };
  const std::unique_ptr<DIR, decltype(close)> processes(::opendir("/proc"), close);
  bool is_any = false;
  while (const dirent* entry = processes ? ::readdir(processes.get()) : nullptr) {
    const pid_t pid = std::atoi(entry->d_name);
    if (pid <= 0 || pid == ::getpid() || !has_variable(entry->d_name, variable)) continue;
    is_any |= ::kill(pid, SIGKILL) == 0;
  }
  return is_any;
}

}  // namespace

// What has been killed loses its environment before it is gone, so the last round finds nothing.
void kill_all_with(const std::string& variable) {
  for (int round = 0; round < kMostRounds && kill_round(variable); ++round) {
  }
}

}  // namespace actiond
