#include "client/rabbitmq/properties.hpp"

#include <algorithm>
#include <string_view>

#include "client/trace.hpp"

namespace action {
namespace {

constexpr std::string_view kOwn = "x-action-";
constexpr std::string_view kTraceParent = "traceparent";
constexpr std::string_view kTraceState = "tracestate";
constexpr int kOwnHeaders = 18;
constexpr std::size_t kLongestText = 255;
constexpr std::size_t kMaxError = 2048;  // bytes
constexpr std::size_t kMaxBacktrace = 8192;
// The broker adds a note of each queue that an event has left by time (x-death), some 250 bytes for
// each level of the delays. A message that no longer fits into a frame then can't be delivered, and
// ends the connection of everybody who is offered it.
constexpr std::size_t kBrokersHeaders = 8192;
constexpr std::size_t kOwnProperties = 16384;  // more than all that build adds can take
constexpr std::size_t kFrameOverhead = 20;     // of a content header, besides its properties
constexpr std::size_t kMaxLeftOut = 1024;

std::string_view view(const amqp_bytes_t& bytes) {
  return {static_cast<const char*>(bytes.bytes), bytes.len};
}

amqp_bytes_t bytes(std::string_view text) {
  return {text.size(), const_cast<char*>(text.data())};
}

bool starts_with(const amqp_bytes_t& key, std::string_view prefix) {
  return view(key).starts_with(prefix);
}

// The broker's notes of expiry must not be sent again: a 3.x broker drops a message that expires
// into a queue that its x-death already names.
bool is_brokers_own(const amqp_bytes_t& key) {
  return starts_with(key, "x-death") || starts_with(key, "x-first-death-") ||
         starts_with(key, "x-last-death-") || starts_with(key, "x-delivery-count") ||
         starts_with(key, "x-acquired-count");
}

// Sender-selected distribution: the broker puts a copy into each queue that these name, and would
// do so again with every retry.
bool makes_copies(const amqp_bytes_t& key) {
  return view(key) == "CC" || view(key) == "BCC";
}

// Not in the middle of a character of UTF-8.
std::string_view cut(std::string_view value, std::size_t max_bytes) {
  if (value.size() <= max_bytes) return value;
  while (max_bytes > 0 && (static_cast<unsigned char>(value[max_bytes]) & 0xc0) == 0x80)
    --max_bytes;
  return value.substr(0, max_bytes);
}

amqp_table_entry_t text_header(const char* key, std::string_view value) {
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes(key);
  entry.value.kind = AMQP_FIELD_KIND_UTF8;
  entry.value.value.bytes = bytes(value);
  return entry;
}

amqp_table_entry_t integer_header(const char* key, std::int64_t value) {
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes(key);
  entry.value.kind = AMQP_FIELD_KIND_I64;
  entry.value.value.i64 = value;
  return entry;
}

void set(amqp_basic_properties_t& properties, amqp_flags_t flag, amqp_bytes_t& field,
         std::string_view value) {
  if (value.empty()) return;
  properties._flags |= flag;
  field = bytes(value);
}

}  // namespace

PropertiesBuilder::PropertiesBuilder(std::size_t frame_max)
    : frame_max_(frame_max), most_(frame_max - std::min(kBrokersHeaders, frame_max / 2)) {
  init_amqp_pool(&pool_, 4096);
}

PropertiesBuilder::~PropertiesBuilder() {
  empty_amqp_pool(&pool_);
}

const amqp_basic_properties_t& PropertiesBuilder::build(const Message& message) {
  recycle_amqp_pool(&pool_);
  properties_ = {};
  restore(message);
  properties_._flags |= AMQP_BASIC_DELIVERY_MODE_FLAG;
  properties_.delivery_mode = AMQP_DELIVERY_PERSISTENT;
  if ((properties_._flags & AMQP_BASIC_CONTENT_TYPE_FLAG) == 0)
    set(properties_, AMQP_BASIC_CONTENT_TYPE_FLAG, properties_.content_type, "application/json");
  set(properties_, AMQP_BASIC_TYPE_FLAG, properties_.type, message.event);
  set(properties_, AMQP_BASIC_MESSAGE_ID_FLAG, properties_.message_id, message.id);
  set(properties_, AMQP_BASIC_APP_ID_FLAG, properties_.app_id, cut(message.sender, kLongestText));
  if (message.enqueued_at_s > 0) {
    properties_._flags |= AMQP_BASIC_TIMESTAMP_FLAG;
    properties_.timestamp = static_cast<std::uint64_t>(message.enqueued_at_s);
  }
  add_trace(message);
  left_out_ = message.trail.left_out;
  unique_ = &message.unique;
  write_headers(message.trail, {kMaxError, kMaxBacktrace});
  const std::size_t trail = message.trail.error.size() + message.trail.backtrace.size();
  if (message.properties.size() + std::min(trail, kOwnProperties) + kOwnProperties / 4 > most_)
    make_fit(message.trail, message.properties.size());
  return properties_;
}

// What others wrote tells more of the event than our own notes of its last failure.
void PropertiesBuilder::make_fit(const Trail& trail, std::size_t foreign_bytes) {
  scratch_.resize(2 * frame_max_ + foreign_bytes);
  for (const Room room :
       {Room{kMaxError, kMaxBacktrace}, Room{kMaxError / 2, 1024}, Room{256, 0}}) {
    write_headers(trail, room);
    if (fits()) return;
  }
  while (leave_out_largest()) {
    write_headers(trail, {256, 0});
    if (fits()) return;
  }
}

bool PropertiesBuilder::fits() {
  const amqp_bytes_t encoded{most_ - kFrameOverhead, scratch_.data()};
  return amqp_encode_properties(AMQP_BASIC_CLASS, &properties_, encoded) >= 0;
}

bool PropertiesBuilder::leave_out_largest() {
  const auto size = [this](amqp_table_entry_t& entry) {
    amqp_table_t table{1, &entry};
    std::size_t offset = 0;
    const int status = amqp_encode_table({scratch_.size(), scratch_.data()}, &table, &offset);
    return status < 0 ? scratch_.size() : offset;
  };
  std::size_t largest_size = 0;
  auto largest = foreign_.end();
  for (auto each = foreign_.begin(); each != foreign_.end(); ++each)
    if (const std::size_t bytes = size(*each); bytes > largest_size) {
      largest_size = bytes;
      largest = each;
    }
  if (largest == foreign_.end()) return false;
  left_out_ += (left_out_.empty() ? "" : ", ") + std::string(view(largest->key)) + " (" +
               std::to_string(largest_size) + " bytes)";
  foreign_.erase(largest);
  return true;
}

// Properties that can't be decoded any more are dropped: the event itself is in our own fields.
void PropertiesBuilder::restore(const Message& message) {
  foreign_.clear();
  if (message.properties.empty()) return;
  void* decoded = nullptr;
  if (amqp_decode_properties(AMQP_BASIC_CLASS, &pool_, bytes(message.properties), &decoded) !=
      AMQP_STATUS_OK)
    return;
  properties_ = *static_cast<amqp_basic_properties_t*>(decoded);
  // A time to live of the sender's would let a stored failure vanish, and a user_id is refused
  // by the broker unless it is our own.
  properties_._flags &=
      ~static_cast<amqp_flags_t>(AMQP_BASIC_EXPIRATION_FLAG | AMQP_BASIC_USER_ID_FLAG);
  if ((properties_._flags & AMQP_BASIC_HEADERS_FLAG) == 0) return;
  for (int i = 0; i < properties_.headers.num_entries; ++i) {
    const auto& entry = properties_.headers.entries[i];
    if (!starts_with(entry.key, kOwn) && !is_brokers_own(entry.key) && !makes_copies(entry.key))
      foreign_.push_back(entry);
  }
}

// In place of those that it came with. What is no trace stays as it was.
void PropertiesBuilder::add_trace(const Message& message) {
  if (message.trace_parent.empty()) return;
  std::erase_if(foreign_, [](const amqp_table_entry_t& entry) {
    return view(entry.key) == kTraceParent || view(entry.key) == kTraceState;
  });
  foreign_.push_back(text_header(kTraceParent.data(), message.trace_parent));
  if (!message.trace_state.empty())
    foreign_.push_back(text_header(kTraceState.data(), message.trace_state));
}

void PropertiesBuilder::write_headers(const Trail& trail, Room room) {
  auto* entries = static_cast<amqp_table_entry_t*>(
      amqp_pool_alloc(&pool_, sizeof(amqp_table_entry_t) * (foreign_.size() + kOwnHeaders)));
  int count = 0;
  for (const auto& entry : foreign_) entries[count++] = entry;
  if (trail.attempt > 1 || trail.failed_at_ms > 0)
    entries[count++] = integer_header("x-action-attempt", trail.attempt);
  const auto add_text = [&](const char* key, std::string_view value, std::size_t max_bytes) {
    if (!value.empty()) entries[count++] = text_header(key, cut(value, max_bytes));
  };
  add_text("x-action-queue", trail.queue, kLongestText);
  add_text("x-action-error", trail.error, room.error);
  add_text("x-action-poller", trail.poller, kLongestText);
  add_text("x-action-plugin", trail.plugin, kLongestText);
  add_text("x-action-backtrace", trail.backtrace, room.backtrace);
  add_text("x-action-left-out", left_out_, kMaxLeftOut);
  const auto add_time = [&](const char* key, std::int64_t ms) {
    if (ms > 0) entries[count++] = integer_header(key, ms);
  };
  add_time("x-action-first-failed-at", trail.first_failed_at_ms);
  add_time("x-action-failed-at", trail.failed_at_ms);
  add_time("x-action-unknown-since", trail.unknown_since_ms);
  add_time("x-action-due-at", trail.due_at_ms);
  add_time("x-action-delayed-until", trail.delayed_until_ms);
  add_time("x-action-queued-at", trail.queued_at_ms);
  add_time("x-action-expires-at", trail.expires_at_ms);
  add_text("x-action-unique", unique_->key, kLongestText);
  add_time("x-action-unique-until", unique_->until_ms);
  if (trail.interrupted > 0)
    entries[count++] = integer_header("x-action-interrupted", trail.interrupted);
  if (trail.is_early) entries[count++] = integer_header("x-action-early", 1);
  properties_.headers = {count, entries};
  if (count > 0)
    properties_._flags |= AMQP_BASIC_HEADERS_FLAG;
  else
    properties_._flags &= ~static_cast<amqp_flags_t>(AMQP_BASIC_HEADERS_FLAG);
}

}  // namespace action
