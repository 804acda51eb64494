// A Message as the properties of AMQP 0-9-1, and back.
//
// The name travels in the property `type`, the id in `message_id`, the params as a JSON object in
// the body. The trace that it belongs to travels in traceparent and tracestate, as everywhere. What
// the pollers remember of an event travels in headers x-action-*. All else that a
// sender set (other headers, correlation_id, …) is kept as it was when a message is sent on, but
// for what would make the broker expire, refuse or copy it.
#pragma once

#include <string>
#include <vector>

#include "client/message.hpp"
#include "client/rabbitmq/amqp.hpp"

namespace action {

// Fills all but the body from a content header; `raw` is its encoded form. Reuses the strings of
// `message`, so that a record that is used again and again does not allocate. Headers that are no
// sense (another type, out of range) read as absent, so the numbers are safe to compute with.
void read_properties(const amqp_basic_properties_t& properties, amqp_bytes_t raw, Message& message);

// Builds the properties of a message. What build returns borrows from the builder and from the
// message, until the next build. It always fits into one frame of `frame_max` bytes, as it must:
// long texts of the trail are cut, then the largest headers of others left out, and
// x-action-left-out names those.
class PropertiesBuilder {
 public:
  explicit PropertiesBuilder(std::size_t frame_max = 131072);
  ~PropertiesBuilder();
  PropertiesBuilder(const PropertiesBuilder&) = delete;
  PropertiesBuilder& operator=(const PropertiesBuilder&) = delete;

  const amqp_basic_properties_t& build(const Message& message);

 private:
  // How much of the trail's longest texts is kept, in bytes.
  struct Room {
    std::size_t error, backtrace;
  };
  void restore(const Message& message);
  void add_trace(const Message& message);
  void write_headers(const Trail& trail, Room room);
  void make_fit(const Trail& trail, std::size_t foreign_bytes);
  bool fits();
  bool leave_out_largest();

  std::size_t frame_max_, most_;  // the latter is for us; the rest for the broker's own headers
  std::vector<char> scratch_;     // to measure in, once a frame was nearly full
  const UniqueKey* unique_ = nullptr;  // of the message that is built
  std::string left_out_;
  std::vector<amqp_table_entry_t> foreign_;  // headers, of the message that is being built
  amqp_pool_t pool_;
  amqp_basic_properties_t properties_{};
};

}  // namespace action
