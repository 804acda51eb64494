// Processes as the tests start, watch and end them: always by a handle, never by a name.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

using Environment = std::map<std::string, std::string>;

// How a command ended, and what it said.
struct Ran {
  int status = -1;  // its exit status; 128 + the signal if one ended it
  std::string out, err;
};

// Waits until it is true, looking every few milliseconds; false if it is not after `limit`.
[[nodiscard]] bool wait_until(const std::function<bool()>& is_true,
                              std::chrono::milliseconds limit = std::chrono::seconds(20));

// A child with its output in files. Killed and reaped at the end of its life, if it is still there.
class Process {
 public:
  // Output goes to <output>.out and <output>.err, input comes from the text.
  Process(const std::vector<std::string>& words, const std::filesystem::path& output,
          const std::string& input = {}, const Environment& environment = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  bool is_alive() const;
  void signal(int number) const;
  // Waits for its end and tells how it was; kills it, and fails the test, after `limit`.
  Ran wait(std::chrono::milliseconds limit = std::chrono::seconds(90));
  std::string out() const;
  std::string err() const;

 private:
  void reap();

  std::filesystem::path output_;
  pid_t pid_ = -1;
  int pidfd_ = -1;
  int status_ = -1;
};

// Does a process of that pid run, or has it ended (even if nobody has reaped it yet)?
bool is_running(pid_t pid);
// The first line of /proc/PID/cmdline, its words joined by spaces; empty if it has ended.
std::string command_line(pid_t pid);
pid_t parent_of(pid_t pid);
std::vector<pid_t> all_processes();
std::vector<pid_t> children_of(pid_t parent);
// kill -9 and the wait for its end.
void end_process(pid_t pid);

std::string read_text(const std::filesystem::path& file);
std::vector<std::string> read_lines(const std::filesystem::path& file);
int count_of(const std::string& text, const std::string& part);
bool contains(const std::string& text, const std::string& part);
