#include "frame_hold.hpp"

#include <utility>

namespace {

constexpr std::size_t kProtocolName = 8;                // "AMQP" and the version
constexpr std::size_t kFrameHeader = 7, kFrameEnd = 1;  // bytes
constexpr std::size_t kQueueName =
    kFrameHeader + 4 + 2;  // behind class, method and a reserved word
constexpr int kMethodFrame = 1, kQueueClass = 50, kBasicClass = 60, kConsume = 20, kGet = 70;

int byte_at(const std::string& bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

int word_at(const std::string& bytes, std::size_t at) {
  return byte_at(bytes, at) * 256 + byte_at(bytes, at + 1);
}

std::size_t size_of_first(const std::string& bytes) {
  if (bytes.size() < kFrameHeader) return bytes.size() + 1;
  const auto body = static_cast<std::size_t>(word_at(bytes, 3)) * 65536 +
                    static_cast<std::size_t>(word_at(bytes, 5));
  return kFrameHeader + body + kFrameEnd;
}

// "" if it is about none.
std::string queue_in(const std::string& frame) {
  if (byte_at(frame, 0) != kMethodFrame || frame.size() <= kQueueName) return {};
  const int of_class = word_at(frame, kFrameHeader), method = word_at(frame, kFrameHeader + 2);
  const bool is_about_queue = of_class == kQueueClass ||
                              (of_class == kBasicClass && (method == kConsume || method == kGet));
  if (!is_about_queue) return {};
  return frame.substr(kQueueName + 1, static_cast<std::size_t>(byte_at(frame, kQueueName)));
}

}  // namespace

void HeldQueues::add(const std::string& queue) {
  const std::lock_guard lock(mutex_);
  names_.insert(queue);
}

void HeldQueues::clear() {
  const std::lock_guard lock(mutex_);
  names_.clear();
}

bool HeldQueues::has(const std::string& queue) const {
  const std::lock_guard lock(mutex_);
  return names_.contains(queue);
}

bool HeldQueues::empty() const {
  const std::lock_guard lock(mutex_);
  return names_.empty();
}

std::string FrameHold::pass(const std::string& said) {
  partial_ += said;
  std::string passed;
  if (queues_.empty() && !kept_.empty()) {
    passed = std::exchange(kept_, {});
    stuck_.clear();
  }
  if (!has_begun_ && partial_.size() < kProtocolName) return passed;
  if (!std::exchange(has_begun_, true)) {
    passed = partial_.substr(0, kProtocolName);
    partial_.erase(0, kProtocolName);
  }
  for (std::size_t size; (size = size_of_first(partial_)) <= partial_.size();) {
    const std::string frame = partial_.substr(0, size);
    partial_.erase(0, size);
    (is_held(frame) ? kept_ : passed) += frame;
  }
  return passed;
}

bool FrameHold::is_held(const std::string& frame) {
  const int channel = word_at(frame, 1);
  if (const auto queue = queue_in(frame); !queue.empty() && queues_.has(queue))
    stuck_.insert(channel);
  return stuck_.contains(channel);
}
