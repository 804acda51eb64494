#include "poller/timer.hpp"

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <utility>

namespace actiond {
namespace {

class LoopTimer final : public Timer {
 public:
  explicit LoopTimer(boost::asio::io_context& io) : timer_(io) {}
  ~LoopTimer() override { ++*setting_; }

  void set(std::chrono::nanoseconds wait, std::function<void()> then) override {
    then_ = std::move(then);
    timer_.expires_after(wait);
    // Asio may call for a wait that was cancelled when it had just ended, even of a timer that is
    // gone: the number of the setting tells.
    timer_.async_wait([this, setting = setting_, mine = ++*setting_](const auto&) {
      if (*setting == mine) std::exchange(then_, nullptr)();
    });
  }
  void cancel() override {
    ++*setting_;
    timer_.cancel();
  }

 private:
  boost::asio::steady_timer timer_;
  std::function<void()> then_;
  std::shared_ptr<std::uint64_t> setting_ = std::make_shared<std::uint64_t>(0);
};

}  // namespace

std::unique_ptr<Timer> LoopClock::timer() {
  return std::make_unique<LoopTimer>(io_);
}

}  // namespace actiond
