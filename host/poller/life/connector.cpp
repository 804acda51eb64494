#include "poller/life/connector.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cmath>
#include <random>

namespace actiond {
namespace {

constexpr std::chrono::seconds kConnectTimeout{5};
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

Connector::Connector(boost::asio::io_context& io, const Config& config, std::string name,
                     OnAttempt on_attempt)
    : io_(io),
      config_(config),
      name_(std::move(name)),
      on_attempt_(std::move(on_attempt)),
      timer_(io) {}

Connector::~Connector() {
  stop();
  if (thread_.joinable()) thread_.join();
}

void Connector::stop() {
  *is_wanted_ = false;
  timer_.cancel();
}

void Connector::attempt() {
  if (thread_.joinable()) thread_.join();
  thread_ = std::thread([this, is_wanted = is_wanted_] {
    auto attempt = std::make_shared<Result<std::unique_ptr<Broker>>>(
        connect_broker(config_, name_, kConnectTimeout));
    boost::asio::post(io_, [this, is_wanted, attempt] {
      if (*is_wanted) on_attempt_(std::move(*attempt));
    });
  });
}

void Connector::attempt_later() {
  timer_.expires_after(wait_after(failures_++));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) attempt();
  });
}

}  // namespace actiond
