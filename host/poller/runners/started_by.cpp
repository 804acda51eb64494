#include "poller/runners/started_by.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <sstream>
#include <string_view>
#include <vector>

#include "base/fd.hpp"
#include "wire/runner_mark.hpp"

namespace actiond {
namespace {

constexpr int kMostRounds = 20;  // one that starts others faster than they are found stays

// What that file says of the process of that /proc entry; empty if it may not be read.
std::string read_of(const char* process, const char* name) {
  const UniqueFd file(
      ::open((std::string("/proc/") + process + "/" + name).c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  std::array<char, 4096> part;
  for (ssize_t got; file && (got = ::read(file.get(), part.data(), part.size())) > 0;)
    text.append(part.data(), static_cast<std::size_t>(got));
  return text;
}

// Its variables end with a NUL each.
bool has_variable(const char* process, const std::string& variable) {
  return ('\0' + read_of(process, "environ")).find('\0' + variable + '\0') != std::string::npos;
}

// Nobody has asked for its end yet; it keeps its limits until somebody does. One whose first thread
// has ended while others go on looks the same, but for their number (proc(5), /proc/pid/stat).
bool has_ended(const char* process) {
  const std::string stat = read_of(process, "stat");
  const auto name_end = stat.rfind(") ");
  if (name_end == std::string::npos) return true;
  std::istringstream fields(stat.substr(name_end + 2));
  const std::vector<std::string> all{std::istream_iterator<std::string>(fields), {}};
  constexpr std::size_t kState = 0, kThreads = 17;
  return all.size() <= kThreads || (all[kState] == "Z" && all[kThreads] == "1");
}

// "Max file locks            SOFT                 HARD                 locks"
bool has_limit(const char* process, const std::string& mark) {
  constexpr std::string_view kName = "Max file locks ";
  const std::string limits = read_of(process, "limits");
  const auto line = limits.find(kName);
  if (line == std::string::npos) return false;
  const auto soft = limits.find_first_not_of(' ', line + kName.size());
  if (soft == std::string::npos || limits.compare(soft, mark.size() + 1, mark + ' ') != 0)
    return false;
  return !has_ended(process);
}

// Whether there was one.
bool kill_round(const std::string& variable, const std::string& mark) {
  const auto close = [](DIR* directory) { ::closedir(directory); };
  const std::unique_ptr<DIR, decltype(close)> processes(::opendir("/proc"), close);
  bool is_any = false;
  while (const dirent* entry = processes ? ::readdir(processes.get()) : nullptr) {
    const pid_t pid = std::atoi(entry->d_name);
    if (pid <= 0 || pid == ::getpid()) continue;
    if (!has_variable(entry->d_name, variable) && !has_limit(entry->d_name, mark)) continue;
    is_any |= ::kill(pid, SIGKILL) == 0;
  }
  return is_any;
}

}  // namespace

// What has been killed loses its environment before it is gone, so the last round finds nothing.
void kill_all_with(const std::string& variable) {
  const std::string mark = std::to_string(runner_mark(variable));
  for (int round = 0; round < kMostRounds && kill_round(variable, mark); ++round) {
  }
}

}  // namespace actiond
