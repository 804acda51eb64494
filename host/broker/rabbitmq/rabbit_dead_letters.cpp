#include "broker/rabbitmq/rabbit_dead_letters.hpp"

#include <thread>

#include "broker/rabbitmq/dead_reading.hpp"
#include "broker/rabbitmq/peek.hpp"
#include "client/rabbitmq/declare.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr amqp_channel_t kChannel = 1;
constexpr auto kReturnTime = 1s;
constexpr auto kGoodbye = 1s;

class RabbitDeadLetters : public DeadLetters {
 public:
  static Result<std::unique_ptr<DeadLetters>> open(const action::Link::Target& target,
                                                   const action::BrokerUrl& url,
                                                   std::chrono::milliseconds timeout) {
    auto connection = action::Connection::open(url, target.name, timeout);
    if (!connection) return connection.error();
    std::unique_ptr<RabbitDeadLetters> letters(
        new RabbitDeadLetters(std::move(*connection), target));
    if (auto prepared = letters->prepare(); !prepared) return prepared.error();
    return std::unique_ptr<DeadLetters>(std::move(letters));
  }
  ~RabbitDeadLetters() override {
    if (connection_->is_open()) (void)connection_->close(kGoodbye);
  }

  std::size_t count() const override { return count_; }

  Result<void> read(DeadLetterReader& reader) override {
    if (count_ == 0) return {};
    DeadReading reading(*connection_, target_, count_, reader);
    auto read = reading.run();
    if (read) await_return(reading.kept());
    return read;
  }

  Result<std::size_t> purge() override {
    if (is_gone_) return std::size_t{0};
    const std::string dead = target_.topology.dead();
    amqp_queue_purge_t purge{0, action::to_bytes(dead), false};
    const auto answer = connection_->call(kChannel, AMQP_QUEUE_PURGE_METHOD, &purge);
    if (!answer) return answer.error().within("the dead letters can't be deleted");
    return std::size_t{static_cast<amqp_queue_purge_ok_t*>(answer->decoded)->message_count};
  }

 private:
  RabbitDeadLetters(std::unique_ptr<action::Connection> connection,
                    const action::Link::Target& target)
      : connection_(std::move(connection)), target_(target) {}

  // Declaring refuses a queue whose arguments could make a letter vanish by being looked at.
  Result<void> prepare() {
    if (auto opened = connection_->open_channel(kChannel); !opened) return opened;
    auto topology = target_.topology;
    topology.queues.clear();
    action::Declaration declaration(topology);
    amqp_channel_t channel = kChannel;
    const auto declared = declaration.leave_lost_dead().queues().run(*connection_, channel);
    if (!declared) return declared.error();
    is_gone_ = declaration.is_dead_gone();
    if (is_gone_) return {};
    // A silence can only have been about that queue: then kChannel is of no use, and not needed.
    if (auto reached = declaration.reached(topology.dead()); !reached) return reached;
    const auto depth = action::queue_depth(*connection_, kChannel, topology.dead());
    if (!depth) return depth.error();
    count_ = depth->messages;
    // A quorum queue without a leader looks empty; this fails for one.
    if (count_ == 0 && topology.type == action::QueueType::Quorum)
      if (auto first = peek(*connection_, kChannel, topology.dead()); !first) return first.error();
    return {};
  }

  // A quorum queue takes back what a channel held a moment after the channel was closed; whoever
  // looks next should find it.
  void await_return(std::size_t kept) {
    const auto until = std::chrono::steady_clock::now() + kReturnTime;
    while (std::chrono::steady_clock::now() < until) {
      const auto depth = action::queue_depth(*connection_, kChannel, target_.topology.dead());
      if (!depth || depth->messages >= kept) return;
      std::this_thread::sleep_for(5ms);
    }
  }

  std::unique_ptr<action::Connection> connection_;
  action::Link::Target target_;
  std::size_t count_ = 0;
  bool is_gone_ = false;  // the queue; a poller, or check, will tell
};

}  // namespace

Result<std::unique_ptr<DeadLetters>> open_rabbit_dead_letters(const action::Link::Target& target,
                                                              const action::BrokerUrl& url,
                                                              std::chrono::milliseconds timeout) {
  return RabbitDeadLetters::open(target, url, timeout);
}

}  // namespace actiond
