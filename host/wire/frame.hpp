// A frame: 4 bytes of size, 1 byte of kind, payload. Both ends are the same executable on the
// same machine, so numbers are written as the machine has them.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace actiond {

// A bigger payload is taken as a broken peer. RabbitMQ's own limit for a message is 128 MiB.
inline constexpr std::size_t kMaxFrameBytes = std::size_t{192} << 20;
// Of an event's params, beside which there is room for all else that is told of it.
inline constexpr std::size_t kMaxParamsBytes = kMaxFrameBytes - (std::size_t{1} << 20);

// Appends a frame's fields to a buffer; the size is filled in when the writer ends.
class FrameWriter {
 public:
  FrameWriter(std::string& out, std::uint8_t kind);
  ~FrameWriter();
  FrameWriter(const FrameWriter&) = delete;
  FrameWriter& operator=(const FrameWriter&) = delete;

  template <typename Number>
  void number(Number value) {
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void text(std::string_view value);

  template <typename... Fields>
  void operator()(const Fields&... fields) {
    (field(fields), ...);
  }

 private:
  void field(std::string_view value) { text(value); }
  template <typename Number>
  void field(Number value) {
    number(value);
  }

  std::string& out_;
  std::size_t begin_;
};

// Reads fields from a payload. After a read past the end everything is zero and ok() is false.
class FieldReader {
 public:
  explicit FieldReader(std::string_view payload) : rest_(payload) {}

  template <typename Number>
  Number number() {
    Number value{};
    if (const auto bytes = take(sizeof value); bytes.size() == sizeof value)
      std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  // Borrows from the payload.
  std::string_view text() { return take(number<std::uint32_t>()); }

  template <typename... Fields>
  void operator()(Fields&... fields) {
    (field(fields), ...);
  }

  // Nothing was missing, and nothing is left over.
  bool is_complete() const { return is_ok_ && rest_.empty(); }

 private:
  std::string_view take(std::size_t size);
  void field(std::string_view& value) { value = text(); }
  template <typename Number>
  void field(Number& value) {
    value = number<Number>();
  }

  std::string_view rest_;
  bool is_ok_ = true;
};

struct Frame {
  std::uint8_t kind;
  std::string_view payload;  // borrowed from the buffer until the next space()
};

// Gathers bytes from a socket and cuts them into frames.
class FrameBuffer {
 public:
  // Room for at least one read; what is written there is announced by commit. Makes earlier
  // payloads invalid.
  std::span<char> space();
  void commit(std::size_t bytes) { end_ += bytes; }

  // The next whole frame, nothing if more bytes are needed, or an error if the peer is broken.
  Result<std::optional<Frame>> next();

 private:
  std::vector<char> bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace actiond
