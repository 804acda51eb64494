// Messages of rabbit.hpp: published, and taken off their queues.
#include <optional>

#include "client/event_id.hpp"
#include "client/rabbitmq/publisher.hpp"
#include "process.hpp"
#include "rabbit.hpp"
#include "rabbit_connection.hpp"

using action::to_bytes;
using action::to_string;
using namespace std::chrono_literals;

std::string RawMessage::header(const std::string& name) const {
  const auto found = headers.find(name);
  REQUIRE_MESSAGE(found != headers.end(), "no header ", name);
  return found->second;
}

namespace rabbit {
namespace {

constexpr std::size_t kWindow = 2000;

void read_properties(const amqp_basic_properties_t& properties, RawMessage& message) {
  if ((properties._flags & AMQP_BASIC_TYPE_FLAG) != 0) message.type = to_string(properties.type);
  if ((properties._flags & AMQP_BASIC_MESSAGE_ID_FLAG) != 0)
    message.message_id = to_string(properties.message_id);
  if ((properties._flags & AMQP_BASIC_HEADERS_FLAG) == 0) return;
  for (int i = 0; i < properties.headers.num_entries; ++i) {
    const auto& entry = properties.headers.entries[i];
    const bool is_text = entry.value.kind == AMQP_FIELD_KIND_UTF8;
    message.headers[to_string(entry.key)] =
        is_text ? to_string(entry.value.value.bytes) : std::to_string(entry.value.value.i64);
  }
}

std::optional<RawMessage> take_one(const std::string& queue) {
  const auto reply = amqp_basic_get(state(), kChannel, to_bytes(queue), true);
  REQUIRE(reply.reply_type == AMQP_RESPONSE_NORMAL);
  if (reply.reply.id != AMQP_BASIC_GET_OK_METHOD) return std::nullopt;
  RawMessage taken;
  taken.is_redelivered = static_cast<amqp_basic_get_ok_t*>(reply.reply.decoded)->redelivered != 0;
  amqp_message_t message;
  REQUIRE(amqp_read_message(state(), kChannel, &message, 0).reply_type == AMQP_RESPONSE_NORMAL);
  taken.body = to_string(message.body);
  read_properties(message.properties, taken);
  amqp_destroy_message(&message);
  return taken;
}

// The delivery tag of the next message there, if there is one.
std::optional<std::uint64_t> take_unacknowledged(const std::string& queue) {
  const auto reply = amqp_basic_get(state(), kChannel, to_bytes(queue_name(queue)), false);
  REQUIRE(reply.reply_type == AMQP_RESPONSE_NORMAL);
  if (reply.reply.id != AMQP_BASIC_GET_OK_METHOD) return std::nullopt;
  const auto tag = static_cast<amqp_basic_get_ok_t*>(reply.reply.decoded)->delivery_tag;
  amqp_message_t message;
  REQUIRE(amqp_read_message(state(), kChannel, &message, 0).reply_type == AMQP_RESPONSE_NORMAL);
  amqp_destroy_message(&message);
  return tag;
}

}  // namespace

class Publishing::Link {
 public:
  Link() : connection_(connect()) {
    auto opened = action::Publisher::open(*connection_, kChannel,
                                          [this](std::uint64_t, const action::Result<void>& taken) {
                                            if (!taken) problem_ = taken.error().text;
                                          });
    REQUIRE(opened);
    publisher_ = std::move(*opened);
  }
  ~Link() { (void)connection_->close(); }

  void send(const std::string& queue, const action::Message& message) {
    send(application(), queue, message);
  }
  void send(const std::string& exchange, const std::string& key, const action::Message& message) {
    REQUIRE(publisher_->publish(exchange, key, message));
    wait_for_less_than(kWindow);
  }
  void wait_for_less_than(std::size_t unconfirmed) {
    while (publisher_->unconfirmed() >= unconfirmed) REQUIRE(publisher_->wait(10s));
    REQUIRE_MESSAGE(problem_.empty(), problem_);
  }

 private:
  std::unique_ptr<action::Connection> connection_;
  std::unique_ptr<action::Publisher> publisher_;
  std::string problem_;
};

Publishing::Publishing() : link_(std::make_unique<Link>()) {}
Publishing::~Publishing() = default;

void Publishing::queue(const std::string& event, const std::string& params,
                       const std::string& queue, int count) {
  const auto place = params.find("{n}");
  for (int n = 0; n < count; ++n) {
    action::Message message;
    message.event = event;
    message.id = action::new_event_id();
    message.body = params;
    if (place != std::string::npos) message.body.replace(place, 3, std::to_string(n));
    link_->send(queue, message);
  }
  link_->wait_for_less_than(1);
}

void Publishing::bury(const std::vector<action::Message>& letters) {
  for (const auto& letter : letters) link_->send("", queue_name("dead"), letter);
  link_->wait_for_less_than(1);
}

void bury(const std::vector<action::Message>& letters) {
  Publishing().bury(letters);
}

void queue(const std::string& event, const std::string& params, const std::string& queue,
           int count) {
  Publishing().queue(event, params, queue, count);
}

void publish(const std::string& queue, const RawMessage& message) {
  const auto publishing = connect();
  amqp_basic_properties_t properties{};
  std::vector<amqp_table_entry_t> entries;
  if (message.type) {
    properties._flags |= AMQP_BASIC_TYPE_FLAG;
    properties.type = to_bytes(*message.type);
  }
  if (!message.message_id.empty()) {
    properties._flags |= AMQP_BASIC_MESSAGE_ID_FLAG;
    properties.message_id = to_bytes(message.message_id);
  }
  for (const auto& [name, value] : message.headers) {
    auto& entry = entries.emplace_back();
    entry.key = to_bytes(name);
    entry.value.kind = AMQP_FIELD_KIND_UTF8;
    entry.value.value.bytes = to_bytes(value);
  }
  for (const auto& [name, value] : message.numbers) {
    auto& entry = entries.emplace_back();
    entry.key = to_bytes(name);
    entry.value.kind = AMQP_FIELD_KIND_I64;
    entry.value.value.i64 = value;
  }
  properties._flags |= AMQP_BASIC_HEADERS_FLAG;
  properties.headers = {static_cast<int>(entries.size()), entries.data()};
  REQUIRE(amqp_basic_publish(raw_calls(*publishing), kChannel, to_bytes(application()),
                             to_bytes(queue), true, false, &properties,
                             to_bytes(message.body)) == AMQP_STATUS_OK);
  REQUIRE(publishing->close());  // its answer comes after the message was taken
}

void make_unroutable(const std::string& queue, int count, Unroutable kind) {
  const std::string exchange = queue_name("delay.v1.unroutable"),
                    now = queue_name("delay.unroutable");
  if (kind == Unroutable::Old) {
    amqp_queue_declare(state(), kChannel, to_bytes(exchange), false, true, false, false,
                       amqp_empty_table);
    amqp_queue_bind(state(), kChannel, to_bytes(exchange), to_bytes(exchange), amqp_empty_bytes,
                    amqp_empty_table);
    amqp_queue_unbind(state(), kChannel, to_bytes(now), to_bytes(exchange), amqp_empty_bytes,
                      amqp_empty_table);
  }
  const auto publishing = connect();
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_TYPE_FLAG;
  properties.type = amqp_cstring_bytes("record");
  for (int i = 0; i < count; ++i)
    REQUIRE(amqp_basic_publish(raw_calls(*publishing), kChannel, to_bytes(exchange),
                               to_bytes(queue), false, false, &properties,
                               amqp_cstring_bytes("{}")) == AMQP_STATUS_OK);
  REQUIRE(publishing->close());
}

std::vector<RawMessage> take_all(const std::string& queue) {
  std::vector<RawMessage> all;
  while (auto message = take_one(queue_name(queue))) all.push_back(std::move(*message));
  return all;
}

void give_back(const std::string& queue) {
  if (const auto tag = take_unacknowledged(queue))
    REQUIRE(amqp_basic_nack(state(), kChannel, *tag, false, true) == AMQP_STATUS_OK);
}

void lose(const std::string& queue) {
  (void)take_unacknowledged(queue);
  disconnect();
}

std::vector<RawMessage> dead_letters(std::size_t count) {
  CHECK(wait_until([count] { return ready("dead") >= count; }));
  auto letters = take_all("dead");
  std::string found;
  for (const auto& letter : letters)
    found += letter.type.value_or("?") + " " + letter.message_id + ": " +
             letter.header("x-action-error") + "\n";
  CAPTURE(found);
  REQUIRE(letters.size() == count);
  return letters;
}

}  // namespace rabbit
