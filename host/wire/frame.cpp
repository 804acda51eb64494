#include "wire/frame.hpp"

#include <fmt/format.h>

namespace actiond {
namespace {
constexpr std::size_t kHeaderBytes = sizeof(std::uint32_t) + 1;
constexpr std::size_t kReadBytes = 64 * 1024;
}  // namespace

FrameWriter::FrameWriter(std::string& out, std::uint8_t kind) : out_(out), begin_(out.size()) {
  number(std::uint32_t{0});
  number(kind);
}

FrameWriter::~FrameWriter() {
  const auto size = static_cast<std::uint32_t>(out_.size() - begin_ - kHeaderBytes);
  std::memcpy(out_.data() + begin_, &size, sizeof size);
}

void FrameWriter::text(std::string_view value) {
  number(static_cast<std::uint32_t>(value.size()));
  out_.append(value);
}

std::string_view FieldReader::take(std::size_t size) {
  if (size > rest_.size()) {
    is_ok_ = false;
    rest_ = {};
    return {};
  }
  const auto taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

std::span<char> FrameBuffer::space() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (bytes_.size() - end_ < kReadBytes) {
    if (begin_ > 0) {
      std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    // Doubling keeps the cost of a large frame linear.
    if (bytes_.size() - end_ < kReadBytes)
      bytes_.resize(std::max(2 * bytes_.size(), end_ + kReadBytes));
  }
  return {bytes_.data() + end_, bytes_.size() - end_};
}

Result<std::optional<Frame>> FrameBuffer::next() {
  if (end_ - begin_ < kHeaderBytes) return std::optional<Frame>();
  std::uint32_t size = 0;
  std::memcpy(&size, bytes_.data() + begin_, sizeof size);
  if (size > kMaxFrameBytes)
    return Error{fmt::format("a frame of {} bytes came over the runner's socket, more than {}",
                             size, kMaxFrameBytes)};
  if (end_ - begin_ < kHeaderBytes + size) return std::optional<Frame>();
  const char* frame = bytes_.data() + begin_;
  begin_ += kHeaderBytes + size;
  return std::optional<Frame>(
      {static_cast<std::uint8_t>(frame[sizeof size]), {frame + kHeaderBytes, size}});
}

}  // namespace actiond
