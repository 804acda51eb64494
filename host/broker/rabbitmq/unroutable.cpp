#include "broker/rabbitmq/unroutable.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/rabbitmq/delay_trial.hpp"
#include "broker/rabbitmq/rabbit_backlog.hpp"
#include "broker/rabbitmq/sure_publisher.hpp"
#include "client/rabbitmq/delay.hpp"
#include "client/rabbitmq/publisher.hpp"
#include "client/sender.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr amqp_channel_t kKnocking = 1;
constexpr amqp_channel_t kRounds = 2;
constexpr std::size_t kRoutedBatch = 500;
constexpr std::size_t kMostLookedAt = 10'000;  // at once; the next connection takes more
constexpr auto kBetweenConfirms = 100ms;

// Those that were, and what nobody waits for. What is refused stays, and keeps back no others.
Result<std::vector<Waiting>> send_routable(action::Sender& sender,
                                           const std::vector<std::string>& queues,
                                           std::vector<Waiting> waiting) {
  std::vector<Waiting> done;
  std::set<std::string> open(queues.begin(), queues.end());
  for (auto& each : waiting) {
    const bool is_trial = each.queue.starts_with(kTrialQueue);
    if (!is_trial && !open.contains(each.queue)) continue;
    if (!is_trial && !sender.post({each.queue, each.message})) {
      open.erase(each.queue);
      continue;
    }
    done.push_back(std::move(each));
  }
  const auto loss = sender.flush();
  if (!loss) return done;
  std::erase_if(done, [&](const Waiting& each) {
    return std::find(loss->ids.begin(), loss->ids.end(), each.message.id) != loss->ids.end();
  });
  return done.empty() ? Result<std::vector<Waiting>>(Error{loss->why}) : std::move(done);
}

// Those that stay, for nobody here has their queue, though they have been looked at before.
std::vector<Waiting> counted_strangers(const std::vector<std::string>& queues,
                                       const std::vector<Waiting>& waiting) {
  std::vector<Waiting> strangers;
  for (const auto& each : waiting) {
    const bool is_ours = std::ranges::find(queues, each.queue) != queues.end();
    if (each.message.returned > 0 && !is_ours && !each.queue.starts_with(kTrialQueue))
      strangers.push_back(each);
  }
  return strangers;
}

// A quorum queue counts how often it gets a message back, and drops it at a delivery-limit, which a
// policy may set unseen. So these go round the shortest delay, and come back as new ones. Returns
// those that do; the others stay as they are.
class Rounds {
 public:
  Rounds(const action::Link::Target& target, const action::BrokerUrl& url,
         std::chrono::milliseconds timeout)
      : target_(target), url_(url), timeout_(timeout) {}

  std::vector<Waiting> send(std::vector<Waiting> waiting) {
    if (waiting.empty() || !open()) return {};
    for (auto& each : waiting) {
      const auto number = action::publish_later(*publisher_, target_.topology.application,
                                                each.queue, each.message, action::kDelayTick);
      if (number) sent_.emplace(*number, std::move(each));
    }
    await();
    return std::exchange(taken_, {});
  }

 private:
  void await() {
    const auto until = std::chrono::steady_clock::now() + timeout_;
    while (publisher_->unconfirmed() > 0 && !publisher_->is_blocked() &&
           std::chrono::steady_clock::now() < until)
      if (!publisher_->wait(kBetweenConfirms)) break;
  }
  // What is sent to a broker in an alarm is stored when that is over, and would be there once more
  // with each try.
  bool is_let_in() {
    const auto sure = SurePublisher::open(*connection_, kKnocking, timeout_);
    return sure && (*sure)->knock();
  }
  bool open() {
    auto connection = action::Connection::open(url_, target_.name, timeout_);
    if (!connection) return false;
    connection_ = std::move(*connection);
    for (const auto channel : {kKnocking, kRounds})
      if (!connection_->open_channel(channel)) return false;
    if (!is_let_in()) return false;
    auto publisher =
        action::Publisher::open(*connection_, kRounds, [this](auto number, const auto& answer) {
          if (answer) taken_.push_back(std::move(sent_.at(number)));
        });
    if (publisher) publisher_ = std::move(*publisher);
    return publisher.ok();
  }

  const action::Link::Target& target_;
  const action::BrokerUrl& url_;
  std::chrono::milliseconds timeout_;
  std::unique_ptr<action::Connection> connection_;
  std::unique_ptr<action::Publisher> publisher_;
  std::map<std::uint64_t, Waiting> sent_;
  std::vector<Waiting> taken_;
};

}  // namespace

Result<std::size_t> route_again(const action::Link::Target& target, const action::BrokerUrl& url,
                                std::chrono::milliseconds timeout) {
  auto backlog = open_unroutable(target, url, timeout);
  if (!backlog) return backlog.error();
  action::Sender sender(target, kRoutedBatch, timeout);
  std::size_t routed = 0;
  for (std::size_t looked_at = 0; looked_at < kMostLookedAt;) {
    auto waiting = (*backlog)->take(kRoutedBatch);
    if (!waiting) return waiting.error();
    if (waiting->empty()) break;
    looked_at += waiting->size();
    auto strangers = counted_strangers(target.topology.queues, *waiting);
    const auto sent = send_routable(sender, target.topology.queues, std::move(*waiting));
    if (!sent) return sent.error();
    if (auto removed = (*backlog)->remove(*sent); !removed) return removed.error();
    routed += sent->size();
    const auto renewed = Rounds(target, url, timeout).send(std::move(strangers));
    if (auto removed = (*backlog)->remove(renewed); !removed) return removed.error();
  }
  if (auto closed = (*backlog)->close(); !closed) return closed.error();
  return routed;
}

}  // namespace actiond
