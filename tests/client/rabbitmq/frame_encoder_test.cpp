#include "client/rabbitmq/frame_encoder.hpp"

#include <doctest/doctest.h>

#include "client/rabbitmq/connection.hpp"

using action::FrameEncoder;

namespace {

constexpr std::size_t kFrameMax = 4096;

// What rabbitmq-c makes of bytes that a connection sends.
class Decoder {
 public:
  explicit Decoder(const std::string& bytes) : bytes_(bytes) {}
  ~Decoder() { amqp_destroy_connection(state_); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  bool next(amqp_frame_t& frame) {
    for (frame.frame_type = 0; frame.frame_type == 0 && at_ < bytes_.size();) {
      const int size = amqp_handle_input(
          state_, {bytes_.size() - at_, const_cast<char*>(bytes_.data()) + at_}, &frame);
      REQUIRE(size > 0);
      at_ += static_cast<std::size_t>(size);
    }
    return frame.frame_type != 0;
  }

 private:
  amqp_connection_state_t state_ = amqp_new_connection();
  const std::string& bytes_;
  std::size_t at_ = 0;
};

}  // namespace

TEST_CASE("frame encoder: methods and heartbeats are what rabbitmq-c reads") {
  FrameEncoder encoder(kFrameMax);
  std::string bytes;
  amqp_basic_ack_t ack{0x0123456789abcdef, true};
  REQUIRE(encoder.add_method(bytes, 513, AMQP_BASIC_ACK_METHOD, &ack) == AMQP_STATUS_OK);
  FrameEncoder::add_heartbeat(bytes);
  Decoder decoder(bytes);
  amqp_frame_t frame;
  REQUIRE(decoder.next(frame));
  CHECK(frame.frame_type == AMQP_FRAME_METHOD);
  CHECK(frame.channel == 513);
  REQUIRE(frame.payload.method.id == AMQP_BASIC_ACK_METHOD);
  const auto& read = *static_cast<amqp_basic_ack_t*>(frame.payload.method.decoded);
  CHECK(read.delivery_tag == ack.delivery_tag);
  CHECK(read.multiple);
  REQUIRE(decoder.next(frame));
  CHECK(frame.frame_type == AMQP_FRAME_HEARTBEAT);
  CHECK_FALSE(decoder.next(frame));
}

TEST_CASE("frame encoder: a body of any size is cut into frames that are not too large") {
  FrameEncoder encoder(kFrameMax);
  constexpr std::size_t most = kFrameMax - 8;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, most, most + 1, 5 * most}) {
    CAPTURE(size);
    std::string body(size, 'x');
    if (size > 0) body.back() = 'y';
    amqp_basic_properties_t properties{};
    properties._flags = AMQP_BASIC_MESSAGE_ID_FLAG;
    properties.message_id = amqp_cstring_bytes("some id");
    std::string bytes;
    REQUIRE(encoder.add_content(bytes, 1, properties, body) == AMQP_STATUS_OK);
    Decoder decoder(bytes);
    amqp_frame_t frame;
    REQUIRE(decoder.next(frame));
    REQUIRE(frame.frame_type == AMQP_FRAME_HEADER);
    CHECK(frame.payload.properties.body_size == size);
    const auto& read = *static_cast<amqp_basic_properties_t*>(frame.payload.properties.decoded);
    CHECK(action::to_string(read.message_id) == "some id");
    std::string joined;
    while (decoder.next(frame)) {
      REQUIRE(frame.frame_type == AMQP_FRAME_BODY);
      CHECK(frame.payload.body_fragment.len <= most);
      joined += action::to_string(frame.payload.body_fragment);
    }
    CHECK(joined == body);
  }
}

TEST_CASE("frame encoder: properties that no frame can hold are refused") {
  FrameEncoder encoder(kFrameMax);
  const std::string large(2 * kFrameMax, 'x');
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes("large");
  entry.value.kind = AMQP_FIELD_KIND_UTF8;
  entry.value.value.bytes = action::to_bytes(large);
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_HEADERS_FLAG;
  properties.headers = {1, &entry};
  std::string bytes = "before";
  CHECK(encoder.add_content(bytes, 1, properties, "{}") != AMQP_STATUS_OK);
  CHECK(bytes == "before");
}
