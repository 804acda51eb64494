// Wakes the pollers of this machine when one of its programs has stored events: a file in shared
// memory, named after the database, which is written to, and which pollers watch (inotify). It
// holds nothing. Where it can't be had, pollers find the events at their next look.
#pragma once

#include <string>
#include <string_view>

namespace action::sql {

class Bell {
 public:
  // `database` tells it from all others.
  explicit Bell(std::string_view database);
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;
  ~Bell();

  void ring() const;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  int fd_ = -1;
};

}  // namespace action::sql
