#include "poller/life/connector.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cmath>
#include <random>

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

}  // namespace

Connector::Connector(boost::asio::io_context& io, Clock& clock, Connect connect, OnTried on_tried)
    : io_(io),
      connect_(std::move(connect)),
      on_tried_(std::move(on_tried)),
      timer_(clock.timer()) {}

Connector::~Connector() {
  stop();
  if (thread_.joinable()) thread_.join();
}

void Connector::stop() {
  *is_wanted_ = false;
  timer_->cancel();
}

void Connector::connect() {
  if (thread_.joinable()) thread_.join();
  thread_ = std::thread([this, is_wanted = is_wanted_] {
    auto tried = std::make_shared<Result<std::unique_ptr<Broker>>>(connect_());
    boost::asio::post(io_, [this, is_wanted, tried] {
      if (*is_wanted) on_tried_(std::move(*tried));
    });
  });
}

void Connector::connect_later() {
  timer_->set(wait_after(failures_++), [this] { connect(); });
}

}  // namespace actiond
