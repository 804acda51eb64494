// Properties as they cross the wire, and what a test writes into them.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "client/rabbitmq/connection.hpp"
#include "client/rabbitmq/properties.hpp"

namespace properties_scene {

using action::Message;
using action::PropertiesBuilder;
using action::to_bytes;
using action::to_string;

inline amqp_table_entry_t text_entry(const char* key, std::string_view value) {
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes(key);
  entry.value.kind = AMQP_FIELD_KIND_UTF8;
  entry.value.value.bytes = to_bytes(value);
  return entry;
}

inline amqp_table_entry_t integer_entry(const char* key, std::int64_t value) {
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes(key);
  entry.value.kind = AMQP_FIELD_KIND_I64;
  entry.value.value.i64 = value;
  return entry;
}

// As a message's content header crosses the wire.
inline std::string encoded(const amqp_basic_properties_t& properties) {
  std::string buffer(1 << 20, '\0');
  const int size = amqp_encode_properties(
      AMQP_BASIC_CLASS, const_cast<amqp_basic_properties_t*>(&properties), to_bytes(buffer));
  REQUIRE(size > 0);
  buffer.resize(static_cast<std::size_t>(size));
  return buffer;
}

inline Message received(const amqp_basic_properties_t& properties) {
  Message message;
  const std::string raw = encoded(properties);
  action::read_properties(properties, to_bytes(raw), message);
  return message;
}

inline Message received_with(std::vector<amqp_table_entry_t> headers) {
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_HEADERS_FLAG;
  properties.headers = {static_cast<int>(headers.size()), headers.data()};
  return received(properties);
}

inline std::vector<std::string> names(const amqp_basic_properties_t& properties) {
  std::vector<std::string> keys;
  if ((properties._flags & AMQP_BASIC_HEADERS_FLAG) == 0) return keys;
  for (int i = 0; i < properties.headers.num_entries; ++i)
    keys.push_back(to_string(properties.headers.entries[i].key));
  return keys;
}

inline Message event() {
  Message message;
  message.event = "send_email";
  message.id = "id-1";
  message.enqueued_at_s = 1700000000;
  message.sender = "shop";
  return message;
}

}  // namespace properties_scene
