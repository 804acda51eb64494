// Frames of AMQP 0-9-1 as bytes, for a connection to send.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "client/rabbitmq/amqp.hpp"

namespace action {

class FrameEncoder {
 public:
  // No frame becomes larger than `frame_max` bytes.
  explicit FrameEncoder(std::size_t frame_max)
      : most_(frame_max - kOverhead), payload_(std::make_unique_for_overwrite<char[]>(most_)) {}

  // Append to `out`, and return AMQP_STATUS_OK, or why it can't be a frame: then nothing is
  // appended.
  int add_method(std::string& out, amqp_channel_t channel, amqp_method_number_t method,
                 void* fields);
  // What follows a basic.publish: the properties, and the body in as many frames as it takes.
  int add_content(std::string& out, amqp_channel_t channel,
                  const amqp_basic_properties_t& properties, std::string_view body);
  static void add_heartbeat(std::string& out) { add_frame(out, AMQP_FRAME_HEARTBEAT, 0, {}); }

 private:
  static constexpr std::size_t kOverhead = 8;  // a frame's head and end

  static void add_frame(std::string& out, int type, amqp_channel_t channel,
                        std::string_view payload);

  std::size_t most_;  // bytes in a frame
  std::unique_ptr<char[]> payload_;
};

}  // namespace action
