#include "process.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {  // glibc 2.36 forgot to say so itself
#include <sys/pidfd.h>
}

#include <fstream>
#include <sstream>
#include <thread>

extern char** environ;

namespace {

using namespace std::chrono_literals;

class PidFd {
 public:
  explicit PidFd(pid_t pid) : fd_(::pidfd_open(pid, 0)) {}
  ~PidFd() {
    if (fd_ >= 0) ::close(fd_);
  }
  PidFd(const PidFd&) = delete;
  PidFd& operator=(const PidFd&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// A pidfd is readable once its process has ended, reaped or not.
bool has_ended(int pidfd, std::chrono::milliseconds limit = 0ms) {
  pollfd waited{pidfd, POLLIN, 0};
  return ::poll(&waited, 1, static_cast<int>(limit.count())) == 1;
}

std::vector<std::string> merged(const Environment& environment) {
  std::vector<std::string> entries;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!environment.contains(text.substr(0, text.find('=')))) entries.push_back(text);
  }
  for (const auto& [name, value] : environment) entries.push_back(name + "=" + value);
  return entries;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (auto& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

// The fields of /proc/PID/stat after the name, which may hold anything; empty if it is gone.
std::vector<std::string> stat_fields(pid_t pid) {
  const std::string text = read_text("/proc/" + std::to_string(pid) + "/stat");
  std::vector<std::string> fields;
  if (const auto end = text.rfind(')'); end != std::string::npos) {
    std::istringstream rest(text.substr(end + 1));
    for (std::string field; rest >> field;) fields.push_back(field);
  }
  return fields;
}

}  // namespace

bool wait_until(const std::function<bool()>& is_true, std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!is_true()) {
    if (std::chrono::steady_clock::now() > deadline) return is_true();
    std::this_thread::sleep_for(3ms);
  }
  return true;
}

Process::Process(const std::vector<std::string>& words, const std::filesystem::path& output,
                 const std::string& input, const Environment& environment)
    : output_(output) {
  const std::string in = output.native() + ".in", out = output.native() + ".out",
                    err = output.native() + ".err";
  std::ofstream(in) << input;
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, in.c_str(), O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, 1, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::posix_spawn_file_actions_addopen(&actions, 2, err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  auto arguments = words;
  auto entries = merged(environment);
  const int error = ::posix_spawnp(&pid_, words.front().c_str(), &actions, nullptr,
                                   pointers(arguments).data(), pointers(entries).data());
  ::posix_spawn_file_actions_destroy(&actions);
  REQUIRE_MESSAGE(error == 0, "can't start ", words.front());
  pidfd_ = ::pidfd_open(pid_, 0);
}

Process::~Process() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    reap();
  }
  if (pidfd_ >= 0) ::close(pidfd_);
}

void Process::reap() {
  ::waitpid(pid_, &status_, 0);
  pid_ = -1;
}

bool Process::is_alive() const {
  return pid_ > 0 && !has_ended(pidfd_);
}

void Process::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

Ran Process::wait(std::chrono::milliseconds limit) {
  if (pid_ > 0 && !has_ended(pidfd_, limit)) {
    ::kill(pid_, SIGKILL);
    reap();
    FAIL("a command did not end in time; it said: ", out(), err());
  }
  if (pid_ > 0) reap();
  return {WIFSIGNALED(status_) ? 128 + WTERMSIG(status_) : WEXITSTATUS(status_), out(), err()};
}

std::string Process::out() const {
  return read_text(output_.native() + ".out");
}

std::string Process::err() const {
  return read_text(output_.native() + ".err");
}

bool is_running(pid_t pid) {
  constexpr std::size_t kState = 0,
                        kThreads = 17;  // proc(5); the first thread may end before others
  const auto fields = stat_fields(pid);
  return fields.size() > kThreads && (fields[kState] != "Z" || fields[kThreads] != "1");
}

std::string command_line(pid_t pid) {
  std::string text = read_text("/proc/" + std::to_string(pid) + "/cmdline");
  for (char& letter : text)
    if (letter == '\0') letter = ' ';
  return text;
}

pid_t parent_of(pid_t pid) {
  const auto fields = stat_fields(pid);
  return fields.size() > 1 ? std::stoi(fields[1]) : -1;
}

std::vector<pid_t> all_processes() {
  std::vector<pid_t> pids;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") == std::string::npos) pids.push_back(std::stoi(name));
  }
  return pids;
}

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  for (const pid_t pid : all_processes())
    if (parent_of(pid) == parent && is_running(pid)) children.push_back(pid);
  return children;
}

void end_process(pid_t pid) {
  const PidFd process(pid);
  if (process.get() < 0) return;
  ::pidfd_send_signal(process.get(), SIGKILL, nullptr, 0);
  (void)has_ended(process.get(), 10s);
}

std::string read_text(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::vector<std::string> read_lines(const std::filesystem::path& file) {
  std::vector<std::string> lines;
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

int count_of(const std::string& text, const std::string& part) {
  int count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size()))
    ++count;
  return count;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}
