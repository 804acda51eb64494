// A descriptor that wakes the loop when it becomes readable. The loop drains everything at each
// turn anyway, so the watch carries no data: it only says "wake up".
#pragma once

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>

namespace actiond {

class Watch {
 public:
  // Watches a duplicate of `fd`, so whoever owns it may close it at any time.
  Watch(boost::asio::io_context& io, int fd) : descriptor_(io, ::dup(fd)) {}

  // Wakes the loop once; to be armed again after what came has been drained.
  void arm() {
    if (*is_armed_) return;
    *is_armed_ = true;
    descriptor_.async_wait(
        boost::asio::posix::stream_descriptor::wait_read,
        [is_armed = is_armed_](const boost::system::error_code&) { *is_armed = false; });
  }

  // It has woken the loop, or was never armed.
  bool has_fired() const { return !*is_armed_; }

 private:
  boost::asio::posix::stream_descriptor descriptor_;
  // Shared with the handler, which may run after the watch is gone.
  std::shared_ptr<bool> is_armed_ = std::make_shared<bool>(false);
};

}  // namespace actiond
