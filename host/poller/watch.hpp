// A descriptor that wakes the loop when it becomes readable. The loop drains everything at each
// turn anyway, so the watch carries no data: it only says "wake up".
#pragma once

#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstddef>
#include <memory>
#include <tuple>
#include <utility>

#include "base/fd.hpp"

namespace actiond {

// What a wait needs for as long as it lasts, which may be longer than its watch lives.
struct Wait {
  bool is_armed = false;
  bool is_memory_taken = false;
  alignas(std::max_align_t) std::array<std::byte, 256> memory;
};

// Gives Asio the same memory for each wait: a wake-up allocates nothing.
template <class T>
class WaitMemory {
 public:
  using value_type = T;

  explicit WaitMemory(std::shared_ptr<Wait> wait) : wait_(std::move(wait)) {}
  template <class U>
  explicit WaitMemory(const WaitMemory<U>& other) : wait_(other.wait()) {}

  T* allocate(std::size_t count) {
    if (count * sizeof(T) > sizeof wait_->memory || std::exchange(wait_->is_memory_taken, true))
      return std::allocator<T>().allocate(count);
    return reinterpret_cast<T*>(wait_->memory.data());
  }
  void deallocate(T* memory, std::size_t count) {
    if (static_cast<void*>(memory) != wait_->memory.data())
      return std::allocator<T>().deallocate(memory, count);
    wait_->is_memory_taken = false;
  }

  const std::shared_ptr<Wait>& wait() const { return wait_; }
  friend bool operator==(const WaitMemory&, const WaitMemory&) = default;

 private:
  std::shared_ptr<Wait> wait_;
};

class Watch {
 public:
  // Keeps the descriptor open for as long as it watches it.
  Watch(boost::asio::io_context& io, std::shared_ptr<const UniqueFd> fd)
      : kept_(std::move(fd)), descriptor_(io, kept_->get()) {}
  // Watches a duplicate of `fd`, so whoever owns it may close it at any time.
  Watch(boost::asio::io_context& io, int fd) : Watch(io, std::make_shared<UniqueFd>(::dup(fd))) {}
  ~Watch() { rest(); }

  // Wakes the loop once; to be armed again after what came has been drained.
  void arm() {
    is_patient_ = false;
    arm_read();
  }

  // The same for who can wait with it; once that has woken the loop, what comes is left to the next
  // turn, until arm.
  void arm_patiently() {
    if (std::exchange(is_patient_, true) && has_fired()) return rest();
    arm_read();
  }

  // Wakes the loop once when more can be written.
  void arm_write() {
    if (std::exchange(write_wait_->is_armed, true)) return;
    if (is_resting()) descriptor_.assign(kept_->get());
    descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_write, Fired{write_wait_});
  }

  // Until it is armed again nothing here wakes the loop. One that is merely not armed does, because
  // Asio keeps the descriptor in its epoll set; so this is for what comes often.
  void rest() {
    if (!is_resting()) std::ignore = descriptor_.release();
  }
  bool is_resting() const { return !descriptor_.is_open(); }

  // It has woken the loop to read, or is not armed.
  bool has_fired() const { return !wait_->is_armed; }

 private:
  void arm_read() {
    if (std::exchange(wait_->is_armed, true)) return;
    if (is_resting()) descriptor_.assign(kept_->get());
    descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_read, Fired{wait_});
  }

  struct Fired {
    using allocator_type = WaitMemory<void>;
    allocator_type get_allocator() const { return allocator_type(wait); }
    void operator()(const boost::system::error_code&) const { wait->is_armed = false; }

    std::shared_ptr<Wait> wait;
  };

  std::shared_ptr<const UniqueFd> kept_;
  boost::asio::posix::stream_descriptor descriptor_;  // not closed by it
  bool is_patient_ = false;
  std::shared_ptr<Wait> wait_ = std::make_shared<Wait>();
  std::shared_ptr<Wait> write_wait_ = std::make_shared<Wait>();
};

}  // namespace actiond
