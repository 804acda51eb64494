#include "base/json_object.hpp"

#include <doctest/doctest.h>

using actiond::is_json_object;
using actiond::why_no_json_object;

namespace {

std::string nested(int depth) {
  return "{\"a\":" + std::string(static_cast<std::size_t>(depth - 1), '[') +
         std::string(static_cast<std::size_t>(depth - 1), ']') + "}";
}

}  // namespace

TEST_CASE("json object: what is wrong with a body is named, and where") {
  using namespace std::string_literals;
  const struct {
    std::string text, why;
  } rows[] = {
      {"\xff\xfe{\0}\0"s, "is UTF-16, not UTF-8"},
      {"\xfe\xff\0{\0}"s, "is UTF-16, not UTF-8"},
      {"{\0}\0"s, "is UTF-16, not UTF-8"},
      {"\x1f\x8b\x08"s, "is compressed (gzip)"},
      {" \n", "has nothing but white space"},
      {"[1, 2]", "begins with byte 0x5b at byte 0, not with '{'"},
      {"{} \0garbage"s, "has a NUL byte at byte 3"},
      {"{\"a\": NaN}", "has NaN, which JSON has not, at byte 6"},
      {"{\"a\": Infinity}", "has Infinity, which JSON has not, at byte 6"},
      {R"({"a": "\ud800"})", "has half of a surrogate pair at byte 13"},
      {"{\"a\": \"\xed\xa0\x80\"}", "is not UTF-8 at byte 8"},
      {"{\"a\": 1", "ends too early, at byte 7"},
      {"{} {}", "can't be understood at byte 3"},
      {nested(1001), "is nested deeper than 1000 at byte 1004"},
      {nested(200000), "is nested deeper than 1000 at byte 1004"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.why);
    CHECK(!is_json_object(row.text));
    CHECK(why_no_json_object(row.text) == row.why);
  }
}

TEST_CASE("json object: what is none of that is one") {
  for (const std::string& text :
       {std::string("{}"), std::string(" {\"a\": [1, {}]}\n"), nested(1000),
        "{\"a\": \"" + std::string(5000, '[') + "\"}", R"({"a": "\"[\\"})" + std::string()})
    CHECK(is_json_object(text));
}

TEST_CASE("json object: a byte order mark is no part of it") {
  CHECK(actiond::without_byte_order_mark("\xef\xbb\xbf{}") == "{}");
  CHECK(actiond::without_byte_order_mark("{}") == "{}");
}
