#include "base/text.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace actiond;

namespace {

std::string printable(std::string_view text) {
  fmt::memory_buffer out;
  append_printable(out, text);
  return fmt::to_string(out);
}

std::string json_escaped(std::string_view text) {
  fmt::memory_buffer out;
  append_json_escaped(out, text);
  return fmt::to_string(out);
}

}  // namespace

TEST_CASE("text: only well-formed UTF-8 is UTF-8") {
  for (const char* good : {"", "a", "ä", "€", "😀", "\xED\x9F\xBF", "\xF4\x8F\xBF\xBF"})
    CHECK(is_utf8(good));
  for (const char* bad :
       {"\x80", "\xC3", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\xE2\x82z", "a\xFF"})
    CHECK_FALSE(is_utf8(bad));
}

TEST_CASE("text: a prefix ends between two characters") {
  CHECK(utf8_prefix("abc", 3) == "abc");
  CHECK(utf8_prefix("abc", 2) == "ab");
  CHECK(utf8_prefix("ä€😀", 1) == "");
  CHECK(utf8_prefix("ä€😀", 4) == "ä");
  CHECK(utf8_prefix("ä€😀", 5) == "ä€");
  CHECK(utf8_prefix("ä€😀", 8) == "ä€");
  CHECK(utf8_prefix("ä€😀", 9) == "ä€😀");
  CHECK(utf8_prefix("\x80\x80\x80\x80\x80\x80", 5).size() == 2);
}

TEST_CASE("text: what is printed stays one line and moves no cursor") {
  CHECK(printable("plain \"quoted\" back\\slash ä€😀") == "plain \"quoted\" back\\slash ä€😀");
  CHECK(printable("a\nb\r\tc") == "a\\nb\\r\\tc");
  CHECK(printable(std::string_view("\0\x1b[2J\x7f", 6)) == "\\x00\\x1b[2J\\x7f");
  CHECK(printable("\xC2\x9B") == "\\u009b");
  CHECK(printable("\xE2\x80\xA8\xE2\x80\xA9") == "\\u2028\\u2029");
  CHECK(printable("a\xFF\xC3") == "a\\xff\\xc3");
}

TEST_CASE("text: what is in JSON reads back as it was") {
  std::string every;
  for (int c = 0; c < 128; ++c) every += static_cast<char>(c);
  every += "ä€😀";
  CHECK(nlohmann::json::parse(fmt::format("\"{}\"", json_escaped(every))).get<std::string>() ==
        every);
  CHECK(json_escaped("\x01\x1f\n\"\\") == "\\u0001\\u001f\\n\\\"\\\\");
  CHECK(json_escaped("a\xFF\xC3z") == "a\xEF\xBF\xBD\xEF\xBF\xBDz");
}

TEST_CASE("text: what is quoted is short, and shows no user or password of a URL") {
  CHECK(in_quotes("a\nb") == "'a\\nb'");
  CHECK(in_quotes(std::string(101, 'x')) == fmt::format("'{:x>100}…'", ""));
  CHECK(in_quotes("http://guest:secret@host/x") == "'http://host/x'");
  CHECK(in_quotes("http://guest:sec@ret@host/x") == "'http://host/x'");
  CHECK(in_quotes("a@b://c") == "'a@b://c'");
}
