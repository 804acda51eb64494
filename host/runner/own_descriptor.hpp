// A descriptor of the runner's that plugin code may close or replace at any moment, as libraries do
// that close all they don't know. What it was is remembered, and asked before it is written to.
#pragma once

#include <sys/types.h>

#include "base/result.hpp"

namespace actiond {

class OwnDescriptor {
 public:
  // Moves `fd` to a high number, where few look, and where exec closes it. Fails if it is not open.
  static Result<OwnDescriptor> adopt(int fd);
  // The same without moving it.
  static OwnDescriptor at(int fd);

  int number() const { return fd_; }
  // Whether the number is still what it was. A system call; may be asked in a signal handler.
  bool is_still_ours() const;

 private:
  explicit OwnDescriptor(int fd) : fd_(fd) {}

  int fd_;  // never closed: the number may be somebody else's by then
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace actiond
