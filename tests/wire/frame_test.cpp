#include "wire/frame.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace actiond;

namespace {

std::string frame_with(std::uint8_t kind, const std::string& text) {
  std::string out;
  FrameWriter(out, kind).text(text);
  return out;
}

void feed(FrameBuffer& buffer, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto space = buffer.space();
    const auto part = std::min(space.size(), bytes.size());
    std::copy_n(bytes.data(), part, space.data());
    buffer.commit(part);
    bytes.remove_prefix(part);
  }
}

}  // namespace

TEST_CASE("frame: bytes that come one by one make the same frames") {
  const std::string bytes = frame_with(1, "one") + frame_with(2, "") + frame_with(3, "three");
  FrameBuffer buffer;
  std::vector<std::string> seen;
  for (const char byte : bytes) {
    feed(buffer, {&byte, 1});
    for (;;) {
      auto frame = buffer.next();
      REQUIRE(frame.ok());
      if (!*frame) break;
      seen.push_back(std::to_string((*frame)->kind) + ":" +
                     std::string(FieldReader((*frame)->payload).text()));
    }
  }
  CHECK(seen == std::vector<std::string>{"1:one", "2:", "3:three"});
}

TEST_CASE("frame: a payload larger than a read arrives whole") {
  const std::string large(3 << 20, 'x');
  FrameBuffer buffer;
  feed(buffer, frame_with(7, large));
  auto frame = buffer.next();
  REQUIRE((frame.ok() && frame->has_value()));
  CHECK(FieldReader((*frame)->payload).text() == large);
}

TEST_CASE("frame: a size beyond the bound is a broken peer, not an allocation") {
  FrameBuffer buffer;
  feed(buffer, std::string("\xff\xff\xff\xff\x01", 5));
  CHECK_FALSE(buffer.next().ok());
}

TEST_CASE("frame: reading past the end gives zeroes and says so") {
  FieldReader reader("ab");
  CHECK(reader.number<std::uint64_t>() == 0);
  CHECK(reader.text().empty());
  CHECK_FALSE(reader.is_complete());
}

TEST_CASE("frame: what is left over is not complete") {
  FieldReader reader("abcd");
  CHECK(reader.number<std::uint16_t>() == 0x6261);  // little-endian
  CHECK_FALSE(reader.is_complete());
}
