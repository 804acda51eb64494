// What of a queue in memcached needs no server: addresses, and what stands in a slot.
#include <string>

#include "client/memcached/rings.hpp"
#include "place.hpp"

namespace actiond::test {

namespace mc = action::memcached;

TEST_CASE("memcached: an address is one server's, without user and path") {
  const auto shown = [](const char* text) {
    const auto address = mc::parse_memcached_address(text);
    return address ? address->shown : address.error().text;
  };
  CHECK(shown("memcached://cache") == "memcached://cache:11211");
  CHECK(shown("memcached://cache:7/") == "memcached://cache:7");
  CHECK(shown("memcached://") == "memcached://127.0.0.1:11211");
  CHECK(shown("memcached://[::1]:7") == "memcached://[::1]:7");
  CHECK(shown("memcached://[::1]") == "memcached://[::1]:11211");
  for (const char* bad : {"memcached://u:secret@h", "memcached://h/path", "memcached://h:0",
                          "memcached://h:x", "memcached://[::1", "memcached://a,b"}) {
    CHECK(shown(bad).find("write it as memcached://host:11211") != std::string::npos);
    CHECK(shown(bad).find("secret") == std::string::npos);
  }
  CHECK(mc::is_same_server("memcached://h", "memcached://h:11211"));
  CHECK_FALSE(mc::is_same_server("memcached://h", "memcached://h:1"));
}

TEST_CASE("memcached: a slot is read as it was written, by older and newer versions too") {
  Message message = event("work", std::string("\0:1 \xff", 5));
  message.trail.attempt = 7;
  message.trail.interrupted = 2;
  const auto bytes = mc::encode_slot(42, message);
  const auto slot = mc::decode_slot(bytes + "3:new");
  REQUIRE(slot);
  CHECK(slot->due_ms == 42);
  CHECK((slot->message.body == message.body));
  CHECK(slot->message.trail.attempt == 7);
  CHECK(slot->message.trail.interrupted == 2);
  CHECK(mc::decode_slot("2:421:a2:id2:{}"));
  for (const char* bad : {"", "x", "2:42", "9:42", "99999999999999999999:", "-1:"})
    CHECK_FALSE(mc::decode_slot(bad));
}

TEST_CASE("memcached: what is delayed is due a moment late rather than early") {
  const action::WallTime whole(1'700'000'000'000ms), within = whole + 999us;
  CHECK(mc::due_ms(600, within) == 1'700'000'000'601);
  CHECK(mc::due_ms(600, whole) == 1'700'000'000'600);
  CHECK(mc::due_ms(0, within) == 1'700'000'000'000);
  CHECK(mc::due_ms(-5, within) == 1'700'000'000'000);
}

}  // namespace actiond::test
