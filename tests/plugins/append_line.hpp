// How test plugins leave a trace that survives their crash.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

// Appends a line to the file with a single write, so that lines of several runners don't mix.
inline void append_line(const std::string& file, const std::string& text) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) throw std::runtime_error("can't append to " + file);
  const std::string line = text + "\n";
  const bool is_written =
      ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  ::close(fd);
  if (!is_written) throw std::runtime_error("can't write to " + file);
}
