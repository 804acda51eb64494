// The runner's way to its poller: frames gathered and written to the socket. Safe from any thread
// of a plugin.
#pragma once

#include <mutex>
#include <string>

#include "runner/own_descriptor.hpp"
#include "wire/frames.hpp"

namespace actiond {

class Outbox {
 public:
  // The socket is in blocking mode.
  explicit Outbox(OwnDescriptor socket) : socket_(socket) {}

  // Appends a frame, to be sent by the next flush.
  template <typename FrameType>
  void add(const FrameType& frame) {
    std::lock_guard lock(mutex_);
    encode(buffer_, frame);
  }
  // Appends and sends. Blocks while the poller does not read. A poller that is gone ends the
  // process: nobody is left to work for. So does a socket that is no longer the runner's: nothing
  // is written into what plugin code has put in its place.
  template <typename FrameType>
  void send(const FrameType& frame) {
    std::lock_guard lock(mutex_);
    encode(buffer_, frame);
    write_all();
  }
  void flush() {
    std::lock_guard lock(mutex_);
    if (!buffer_.empty()) write_all();
  }

 private:
  void write_all();

  OwnDescriptor socket_;
  std::mutex mutex_;
  std::string buffer_;
};

}  // namespace actiond
