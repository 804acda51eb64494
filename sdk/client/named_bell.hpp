// Wakes the pollers of this machine when one of its programs has stored events: a file in shared
// memory, named after the database, which is written to, and which pollers watch (inotify). It
// holds nothing. Where it can't be had, pollers find the events at their next look.
#pragma once

#include <string>
#include <string_view>

namespace action {

class NamedBell {
 public:
  // `database` tells it from all others.
  explicit NamedBell(std::string_view database);
  NamedBell(const NamedBell&) = delete;
  NamedBell& operator=(const NamedBell&) = delete;
  ~NamedBell();

  void ring() const;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  int fd_ = -1;
};

}  // namespace action
