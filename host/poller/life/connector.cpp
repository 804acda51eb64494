#include "poller/life/connector.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <cmath>
#include <mutex>
#include <random>
#include <thread>

namespace actiond {
namespace {

constexpr double kFirstWaitMs = 200;
constexpr double kLongestWaitMs = 5000;
constexpr double kGrowth = 1.05;

// Geometric, so each wait is a twentieth of the time that the broker has been away: what falls due
// during a restart of some seconds is late by a part of one. With jitter, so that a hundred pollers
// do not come back in the same instant.
std::chrono::milliseconds wait_after(int failures) {
  static std::minstd_rand random{std::random_device{}()};
  const auto wait = std::min(kFirstWaitMs * std::pow(kGrowth, failures), kLongestWaitMs);
  const auto jitter = std::uniform_real_distribution<>{0.75, 1}(random);
  return std::chrono::milliseconds(static_cast<long>(wait * jitter));
}

std::atomic<int> tries_under_way{0};

}  // namespace

// Where a thread leaves its result; without `io` nobody is there to take it.
struct Connector::Loop {
  std::mutex mutex;
  boost::asio::io_context* io;

  template <typename Call>
  void post(Call call) {
    const std::lock_guard lock(mutex);
    if (io != nullptr) boost::asio::post(*io, std::move(call));
  }
};

Connector::Connector(boost::asio::io_context& io, Clock& clock, Connect connect, OnTried on_tried)
    : connect_(std::move(connect)),
      on_tried_(std::move(on_tried)),
      timer_(clock.timer()),
      loop_(new Loop{{}, &io}) {}

Connector::~Connector() {
  stop();
  const std::lock_guard lock(loop_->mutex);
  loop_->io = nullptr;
}

void Connector::stop() {
  *is_wanted_ = false;
  timer_->cancel();
}

void Connector::connect() {
  ++tries_under_way;
  std::thread([this, loop = loop_, connect = connect_, is_wanted = is_wanted_] {
    auto tried = std::make_shared<Result<std::unique_ptr<Broker>>>(connect());
    loop->post([this, is_wanted, tried] {
      if (*is_wanted) on_tried_(std::move(*tried));
    });
    tried.reset();
    --tries_under_way;
  }).detach();
}

bool Connector::is_any_trying() {
  return tries_under_way > 0;
}

void Connector::connect_later(std::chrono::milliseconds least) {
  timer_->set(std::max(wait_after(failures_++), least), [this] { connect(); });
}

}  // namespace actiond
