// The file beside a queue file, PATH-bell. It is written to when events have been stored, and
// whoever waits for events watches it (inotify); each of those also holds a lock on a byte of it
// for as long as it lives. It holds nothing, and may be removed when nobody uses the queue file.
#pragma once

#include <string>

#include "client/result.hpp"

namespace action {

class Bell {
 public:
  // Creates the file with the mode of the queue file if it is missing.
  static Result<Bell> open(const std::string& queue_file);
  Bell(Bell&& other) noexcept;
  Bell& operator=(Bell&&) = delete;
  ~Bell();

  // Wakes those who watch it. Best effort: they look once a second as well.
  void ring() const;

  // Another file is at its path, or none: others hold their locks on that one, and ring it.
  bool is_replaced() const;

  const std::string& path() const { return path_; }
  int fd() const { return fd_; }

 private:
  Bell(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  std::string path_;
  int fd_;
};

}  // namespace action
