#include "poller/connector.hpp"

#include <boost/asio/post.hpp>
#include <random>

namespace actiond {
namespace {

constexpr std::chrono::seconds kConnectTimeout{5};
constexpr std::chrono::milliseconds kFirstWait{200};
constexpr std::chrono::milliseconds kLongestWait{5000};

// With jitter, so that a hundred pollers do not come back to a broker in the same instant.
std::chrono::milliseconds wait_after(int failures) {
  static std::minstd_rand random{std::random_device{}()};
  const auto wait = std::min(kFirstWait * (1 << std::min(failures, 8)), kLongestWait);
  return wait - std::chrono::milliseconds(random() % static_cast<unsigned>(wait.count() / 4));
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
