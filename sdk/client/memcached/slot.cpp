#include "client/memcached/slot.hpp"

#include <charconv>
#include <concepts>

#include "client/sound.hpp"

namespace action::memcached {
namespace {

// Small ones share their pages with nothing else: a server that is full still has room for claims.
constexpr std::size_t kLeastSlot = 160;
constexpr int kLeastFields = 4;  // due, event, id and params

// Calls `field` for all that a slot holds, in this order: what is new comes last.
template <typename Due, typename Stored, typename Field>
void for_each_field(Due& due_ms, Stored& message, Field&& field) {
  auto& trail = message.trail;
  field(due_ms);
  field(message.event);
  field(message.id);
  field(message.body);
  field(message.enqueued_at_s);
  field(message.sender);
  field(message.properties);
  field(message.trace_parent);
  field(message.trace_state);
  field(trail.attempt);
  field(trail.queue);
  field(trail.error);
  field(trail.poller);
  field(trail.plugin);
  field(trail.backtrace);
  field(trail.first_failed_at_ms);
  field(trail.failed_at_ms);
  field(trail.unknown_since_ms);
  field(trail.interrupted);
  field(trail.expires_at_ms);
}

// "12:…", each.
void write(std::string& bytes, const std::string& text) {
  bytes += std::to_string(text.size());
  bytes += ':';
  bytes += text;
}

void write(std::string& bytes, std::integral auto number) {
  write(bytes, std::to_string(number));
}

std::optional<std::string_view> next_field(std::string_view& bytes) {
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(bytes.data(), bytes.data() + bytes.size(), size);
  const auto begin = static_cast<std::size_t>(end - bytes.data()) + 1;
  if (error != std::errc() || begin > bytes.size() || *end != ':' || size > bytes.size() - begin)
    return std::nullopt;
  const auto field = bytes.substr(begin, size);
  bytes.remove_prefix(begin + size);
  return field;
}

void read(std::string_view text, std::string& value) {
  value = text;
}

void read(std::string_view text, std::integral auto& value) {
  std::from_chars(text.data(), text.data() + text.size(), value);
}

}  // namespace

std::string encode_slot(std::int64_t due_ms, const Message& message) {
  std::string bytes;
  bytes.reserve(message.body.size() + message.trail.backtrace.size() + 256);
  for_each_field(due_ms, message, [&bytes](const auto& field) { write(bytes, field); });
  if (bytes.size() < kLeastSlot) bytes.append(kLeastSlot - bytes.size(), ' ');
  return bytes;
}

std::optional<Slot> decode_slot(std::string_view bytes) {
  Slot slot;
  int fields = 0;
  for_each_field(slot.due_ms, slot.message, [&](auto& value) {
    const auto field = next_field(bytes);
    if (!field) return;
    ++fields;
    read(*field, value);
  });
  if (fields < kLeastFields) return std::nullopt;
  make_sound(slot.message);
  return slot;
}

}  // namespace action::memcached
