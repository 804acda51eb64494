#include "broker/rabbitmq/rabbit_fleet.hpp"

#include <fmt/format.h>

#include <optional>
#include <thread>
#include <utility>

#include "broker/rabbitmq/control_exchange.hpp"
#include "client/rabbitmq/amqp.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;
using action::to_bytes;
using Time = std::chrono::steady_clock::time_point;

constexpr amqp_channel_t kAskingChannel = 1;
constexpr amqp_channel_t kRosterChannel = 2;
constexpr char kAnswers[] = "amq.rabbitmq.reply-to";
// Others who read the roster are through in less.
constexpr auto kRosterTurn = 5s;
constexpr auto kTryAgain = 20ms;
constexpr std::size_t kLongestAnswer = 4 << 20;  // bytes; what is longer is cut, and so no JSON

std::chrono::milliseconds left_until(Time until) {
  return std::max(
      0ms, std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()));
}

class RabbitFleet final : public Fleet {
 public:
  RabbitFleet(std::unique_ptr<action::Connection> connection, std::string application)
      : connection_(std::move(connection)), application_(std::move(application)) {}
  // A broker in alarm does not answer, and nothing is lost by that.
  ~RabbitFleet() override { connection_->say_goodbye(); }

  // Answers come to a queue that RabbitMQ only pretends to have: whoever asks needs no right to
  // make one.
  Result<void> open() {
    if (auto opened = connection_->open_channel(kAskingChannel); !opened) return opened;
    if (auto opened = connection_->open_channel(kRosterChannel); !opened) return opened;
    amqp_basic_consume_t consume{};
    consume.queue = amqp_cstring_bytes(kAnswers);
    consume.no_ack = true;
    const auto consuming = connection_->call(kAskingChannel, AMQP_BASIC_CONSUME_METHOD, &consume);
    if (!consuming) return consuming.error();
    connection_->release(kAskingChannel);
    return {};
  }

  // Read by one at a time, who is the exclusive consumer meanwhile: what is in one's hand another
  // would not see. All goes back when the channel is closed.
  Result<std::vector<std::string>> roster() override {
    const auto waiting = roster_size();
    if (!waiting) return waiting.error();
    if (!*waiting) return std::vector<std::string>();
    if (auto consuming = lock_roster(); !consuming) return consuming.error();
    const auto size = roster_size();
    if (!size) return size.error();
    auto entries = read_roster(size->value_or(0));
    if (!entries) return entries;
    amqp_channel_close_t close{AMQP_REPLY_SUCCESS, amqp_cstring_bytes("read"), 0, 0};
    if (auto closed = connection_->call(kRosterChannel, AMQP_CHANNEL_CLOSE_METHOD, &close); !closed)
      return closed.error();
    connection_->release(kRosterChannel);
    if (auto opened = connection_->open_channel(kRosterChannel); !opened) return opened.error();
    return entries;
  }

  Result<void> ask(const std::vector<Saying>& sayings) override {
    const auto exchange = control_exchange(application_);
    question_ = std::to_string(++questions_);
    for (const auto& [target, body] : sayings)
      if (auto sent = publish_control(*connection_, kAskingChannel,
                                      {exchange, target, body, kAnswers, question_});
          !sent)
        return sent;
    return {};
  }

  // Waits for an answer, and takes what else is there.
  Result<std::vector<std::string>> answers(std::chrono::milliseconds timeout) override {
    std::vector<std::string> bodies;
    const auto until = std::chrono::steady_clock::now() + timeout;
    amqp_frame_t frame;
    for (;;) {
      const bool is_enough = !bodies.empty() && missing_ == 0;
      const auto got = connection_->next_frame(frame, is_enough ? 0ms : left_until(until));
      if (!got) return got.error();
      if (!*got && (is_enough || left_until(until) <= 0ms)) return bodies;
      if (!*got) continue;
      const bool is_whole = frame.channel == kAskingChannel && take(frame);
      const auto ended = end_in(frame);
      connection_->release(frame.channel);
      if (!ended) return ended.error();
      if (is_whole && answers_ == question_) bodies.push_back(std::exchange(body_, {}));
    }
  }

 private:
  // What is ready in it; none: no poller has ever been there.
  Result<std::optional<std::size_t>> roster_size() {
    const auto name = roster_queue(application_);
    amqp_queue_declare_t look{};
    look.queue = to_bytes(name);
    look.passive = true;
    const auto found = connection_->call(kRosterChannel, AMQP_QUEUE_DECLARE_METHOD, &look);
    if (!found && found.error().text.find("404 NOT_FOUND") != std::string::npos)
      return std::optional<std::size_t>();
    if (!found) return found.error();
    const std::size_t size = static_cast<amqp_queue_declare_ok_t*>(found->decoded)->message_count;
    connection_->release(kRosterChannel);
    return std::optional(size);
  }

  Result<void> lock_roster() {
    const auto until = std::chrono::steady_clock::now() + kRosterTurn;
    for (;;) {
      auto locked = try_to_lock_roster();
      const bool is_taken =
          !locked && locked.error().text.find("403 ACCESS_REFUSED") != std::string::npos;
      if (!is_taken || left_until(until) <= 0ms) return locked;
      std::this_thread::sleep_for(kTryAgain);
    }
  }

  // The consumer is pushed one message, which is read as those that are fetched are.
  Result<void> try_to_lock_roster() {
    amqp_basic_qos_t qos{0, 1, false};
    const auto limited = connection_->call(kRosterChannel, AMQP_BASIC_QOS_METHOD, &qos);
    if (!limited) return limited.error();
    const auto name = roster_queue(application_);
    amqp_basic_consume_t consume{};
    consume.queue = to_bytes(name);
    consume.exclusive = true;
    const auto consuming = connection_->call(kRosterChannel, AMQP_BASIC_CONSUME_METHOD, &consume);
    if (!consuming) return consuming.error();
    connection_->release(kRosterChannel);
    return {};
  }

  // Until the queue says that it is empty, behind all that it had.
  Result<std::vector<std::string>> read_roster(std::size_t size) {
    std::vector<std::string> entries;
    if (auto sent = fetch(size + 1); !sent) return sent.error();
    std::size_t asked = size + 1;
    bool is_empty = false, is_coming = false;
    while (!is_empty || asked > 0 || is_coming) {
      if (asked == 0 && !is_coming) {
        if (auto sent = fetch(1); !sent) return sent.error();
        asked = 1;
      }
      amqp_frame_t frame;
      if (auto read = connection_->next_frame_on(kRosterChannel, frame); !read) return read.error();
      const auto method = frame.frame_type == AMQP_FRAME_METHOD ? frame.payload.method.id : 0;
      const bool is_fetched = method == AMQP_BASIC_GET_OK_METHOD;
      is_coming = is_coming || is_fetched || method == AMQP_BASIC_DELIVER_METHOD;
      is_empty = is_empty || method == AMQP_BASIC_GET_EMPTY_METHOD;
      asked -= is_fetched || method == AMQP_BASIC_GET_EMPTY_METHOD;
      const bool is_whole = take(frame);
      const auto ended = end_in(frame);
      connection_->release(kRosterChannel);
      if (!ended) return ended.error();
      if (!is_whole) continue;
      entries.push_back(std::exchange(body_, {}));
      is_coming = false;
    }
    return entries;
  }

  Result<void> fetch(std::size_t count) {
    const auto name = roster_queue(application_);
    amqp_basic_get_t get{0, to_bytes(name), false};
    for (; count > 0; --count)
      if (auto sent = connection_->send(kRosterChannel, AMQP_BASIC_GET_METHOD, &get); !sent)
        return sent;
    return {};
  }

  // True: with it a message is whole.
  bool take(const amqp_frame_t& frame) {
    if (frame.frame_type == AMQP_FRAME_HEADER) {
      const auto& properties =
          *static_cast<const amqp_basic_properties_t*>(frame.payload.properties.decoded);
      answers_ = (properties._flags & AMQP_BASIC_CORRELATION_ID_FLAG) != 0
                     ? action::to_string(properties.correlation_id)
                     : std::string();
      body_.clear();
      missing_ = frame.payload.properties.body_size;
      return missing_ == 0;
    }
    if (frame.frame_type != AMQP_FRAME_BODY) return false;
    const auto& part = frame.payload.body_fragment;
    if (body_.size() < kLongestAnswer) body_.append(static_cast<const char*>(part.bytes), part.len);
    missing_ -= std::min<std::uint64_t>(missing_, part.len);
    return missing_ == 0;
  }

  Result<void> end_in(const amqp_frame_t& frame) {
    if (frame.frame_type != AMQP_FRAME_METHOD) return {};
    const auto& method = frame.payload.method;
    const bool is_end =
        method.id == AMQP_CHANNEL_CLOSE_METHOD || method.id == AMQP_CONNECTION_CLOSE_METHOD;
    if (!is_end) return {};
    if (action::close_reason(method).code == AMQP_NOT_FOUND)
      return Error{"no poller has ever been reached over this broker: start one"};
    return Error{"pollers can't be asked over the broker: " + action::end_of(method)};
  }

  std::unique_ptr<action::Connection> connection_;
  std::string application_;
  int questions_ = 0;
  std::string question_;  // the last; a late answer to another one is not wanted
  std::string answers_;   // to which question the message is that is being read
  std::string body_;      // of that
  std::uint64_t missing_ = 0;
};

}  // namespace

Result<std::unique_ptr<Fleet>> open_rabbit_fleet(const action::Link::Target& target,
                                                 const action::BrokerUrl& url,
                                                 std::chrono::milliseconds timeout) {
  auto connection = action::Connection::open(url, target.name, timeout);
  if (!connection) return connection.error();
  auto fleet = std::make_unique<RabbitFleet>(std::move(*connection), target.topology.application);
  if (auto opened = fleet->open(); !opened) return opened.error();
  return std::unique_ptr<Fleet>(std::move(fleet));
}

}  // namespace actiond
