#include "commands/process/debugger.hpp"

#include <signal.h>
#include <unistd.h>

#include <filesystem>

#include "base/fd.hpp"

namespace actiond {
namespace {

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (auto& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

}  // namespace

Error become_debugger(const std::vector<std::string>& words) {
  std::error_code error;
  const auto executable = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return errno_error("find this executable", "/proc/self/exe", error.value());
  std::vector<std::string> command{"gdb",    "-q",
                                   "-ex",    "set follow-fork-mode child",
                                   "-ex",    "set detach-on-fork on",
                                   "-ex",    "handle SIGSTOP nostop noprint",
                                   "-ex",    "run",
                                   "--args", executable};
  command.insert(command.end(), words.begin(), words.end());
  ::signal(SIGPIPE, SIG_DFL);  // what is ignored stays so in all that is started
  ::execvp("gdb", pointers(command).data());
  if (errno == ENOENT) return {"gdb is not installed: install the package gdb"};
  return errno_error("start", "gdb");
}

}  // namespace actiond
