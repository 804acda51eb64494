#include "poller/runners/process_look.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "base/fd.hpp"

namespace actiond {

// The second number of statm: resident pages (proc(5)).
std::uint64_t resident_bytes(pid_t pid) {
  const UniqueFd statm(::open(fmt::format("/proc/{}/statm", pid).c_str(), O_RDONLY | O_CLOEXEC));
  char text[128] = "";
  unsigned long long pages = 0;
  if (!statm || ::read(statm.get(), text, sizeof text - 1) <= 0) return 0;
  if (std::sscanf(text, "%*u %llu", &pages) != 1) return 0;
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

// The ninth number of stat: the kernel's flags of the process (proc(5)); its name may hold
// anything.
bool is_exiting(pid_t pid) {
  constexpr unsigned kExiting = 0x4;  // PF_EXITING
  const UniqueFd stat(::open(fmt::format("/proc/{}/stat", pid).c_str(), O_RDONLY | O_CLOEXEC));
  char text[512] = "";
  if (!stat || ::read(stat.get(), text, sizeof text - 1) <= 0) return true;
  const char* name_end = std::strrchr(text, ')');
  unsigned flags = 0;
  if (name_end == nullptr || std::sscanf(name_end, ") %*c %*d %*d %*d %*d %*d %u", &flags) != 1)
    return false;
  return (flags & kExiting) != 0;
}

}  // namespace actiond
