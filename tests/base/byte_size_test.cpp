#include "base/byte_size.hpp"

#include <doctest/doctest.h>

using namespace actiond;

TEST_CASE("byte size: a whole number and a unit") {
  CHECK(*parse_byte_size("512KiB") == 524288);
  CHECK(*parse_byte_size("64MiB") == 67108864);
  CHECK(*parse_byte_size("2GiB") == 2147483648);
  CHECK(*parse_byte_size("3KB") == 3000);
  CHECK(*parse_byte_size("3MB") == 3000000);
  CHECK(*parse_byte_size("1GB") == 1000000000);
  CHECK(*parse_byte_size("1024GiB") == 1099511627776);
}

TEST_CASE("byte size: anything else is refused with what to write") {
  for (const char* bad : {"", "64", "MiB", "64 MiB", "64mib", "-1MiB", "1.5GiB", "64MiBs",
                          "99999999999999999999MiB"}) {
    CAPTURE(bad);
    REQUIRE_FALSE(parse_byte_size(bad));
    CHECK(parse_byte_size(bad).error().text.find("64MiB") != std::string::npos);
  }
  CHECK(parse_byte_size("1025GiB").error().text == "'1025GiB' is too much: at most 1024GiB");
}

TEST_CASE("byte size: is shown by its greatest unit") {
  CHECK(format_byte_size(0) == "0B");
  CHECK(format_byte_size(1023) == "1023B");
  CHECK(format_byte_size(1536) == "1.5KiB");
  CHECK(format_byte_size(64 << 20) == "64MiB");
  CHECK(format_byte_size(5ULL << 30) == "5GiB");
}
