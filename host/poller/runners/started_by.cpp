#include "poller/runners/started_by.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <set>
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
bool has_variable(const std::string& environment, const std::string& variable) {
  return environment.find('\0' + variable + '\0') != std::string::npos;
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
std::string soft_limit_of(const char* process) {
  constexpr std::string_view kName = "Max file locks ";
  const std::string limits = read_of(process, "limits");
  const auto line = limits.find(kName);
  if (line == std::string::npos) return {};
  const auto soft = limits.find_first_not_of(' ', line + kName.size());
  return soft == std::string::npos ? "" : limits.substr(soft, limits.find(' ', soft) - soft);
}

// A runner's variable, and its number as a limit.
struct Mark {
  std::string variable, limit;
};

bool is_marked(const char* process, const std::vector<Mark>& marks) {
  const std::string environment = '\0' + read_of(process, "environ");
  const std::string limit = soft_limit_of(process);
  return std::any_of(marks.begin(), marks.end(), [&](const Mark& mark) {
    return has_variable(environment, mark.variable) || (limit == mark.limit && !has_ended(process));
  });
}

// Whether there was a new one. What was killed may take its time to go, and is not looked at again.
bool kill_round(const std::vector<Mark>& marks, std::set<pid_t>& killed) {
  const auto close = [](DIR* directory) { ::closedir(directory); };
  const std::unique_ptr<DIR, decltype(close)> processes(::opendir("/proc"), close);
  bool is_any = false;
  while (const dirent* entry = processes ? ::readdir(processes.get()) : nullptr) {
    const pid_t pid = std::atoi(entry->d_name);
    if (pid <= 0 || pid == ::getpid() || killed.contains(pid)) continue;
    if (!is_marked(entry->d_name, marks) || ::kill(pid, SIGKILL) != 0) continue;
    is_any = killed.insert(pid).second;
  }
  return is_any;
}

}  // namespace

void kill_all_with(const std::vector<std::string>& variables) {
  std::vector<Mark> marks;
  for (const auto& variable : variables)
    marks.push_back({variable, std::to_string(runner_mark(variable))});
  std::set<pid_t> killed;
  for (int round = 0; round < kMostRounds && !marks.empty() && kill_round(marks, killed); ++round) {
  }
}

// Linux has no use for this limit: it is only a mark.
void leave_runner() {
  rlimit locks{};
  if (::getrlimit(RLIMIT_LOCKS, &locks) != 0) return;
  locks.rlim_cur = locks.rlim_max;
  ::setrlimit(RLIMIT_LOCKS, &locks);
}

}  // namespace actiond
