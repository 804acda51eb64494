// A Message as the properties of AMQP 0-9-1, and back.
//
// The name travels in the property `type`, the id in `message_id`, the params as a JSON object in
// the body. What the pollers remember of an event travels in headers x-action-*. All else that a
// sender set (other headers, correlation_id, …) is kept as it was when a message is sent on.
#pragma once

#include <amqp.h>
#include <amqp_framing.h>

#include "client/message.hpp"

namespace action {

// Fills all but the body from a content header; `raw` is its encoded form. Reuses the strings of
// `message`, so that a record that is used again and again does not allocate.
void read_properties(const amqp_basic_properties_t& properties, amqp_bytes_t raw, Message& message);

// Builds the properties of a message. What build returns borrows from the builder and from the
// message, until the next build.
class PropertiesBuilder {
 public:
  PropertiesBuilder();
  ~PropertiesBuilder();
  PropertiesBuilder(const PropertiesBuilder&) = delete;
  PropertiesBuilder& operator=(const PropertiesBuilder&) = delete;

  const amqp_basic_properties_t& build(const Message& message);

 private:
  void restore(const Message& message);
  void write_headers(const Trail& trail);

  amqp_pool_t pool_;
  amqp_basic_properties_t properties_{};
};

}  // namespace action
