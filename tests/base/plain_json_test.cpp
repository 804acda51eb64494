#include "base/plain_json.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>

using actiond::is_plain_json_object;

TEST_CASE("plain json: what events are made of is told at once") {
  for (const std::string text :
       {R"({})", R"( { } )", R"({"n":1,"of":50000,"file":"/tmp/x","text":"xxx"})",
        R"({"a":[1,-2,0,0.5,-0.25,[],{}],"b":{"c":null,"d":true,"e":false}})",
        R"({"quoted":"\"\\\/\b\f\n\r\t"})", "{\r\n\t\"a\" : 1 ,\n\"b\":[ ] }\n"}) {
    CAPTURE(text);
    CHECK(is_plain_json_object(text));
  }
}

TEST_CASE("plain json: what is rare, or no object, is left to the parser") {
  for (const std::string text : {"",
                                 "[]",
                                 "1",
                                 "{",
                                 "{\"a\"}",
                                 "{\"a\":}",
                                 "{,}",
                                 "{\"a\":1,}",
                                 "{\"a\":[1,]}",
                                 "{\"a\":01}",
                                 "{\"a\":-}",
                                 "{\"a\":1.}",
                                 "{\"a\":.5}",
                                 "{\"a\":+1}",
                                 "{\"a\":tru}",
                                 "{\"a\":NaN}",
                                 "{} {}",
                                 "{\"a\":\"\n\"}",
                                 "{\"a\":\"\\u0041\"}",
                                 "{\"a\":\"\\x\"}",
                                 "{\"a\":\"\xc3\xa4\"}",
                                 "{\"a\":1e5}",
                                 "{\"a\":1234567890123456}",
                                 "{\"a\":\"",
                                 "{\"a\":\"\\",
                                 "{a:1}",
                                 "{'a':1}"}) {
    CAPTURE(text);
    CHECK_FALSE(is_plain_json_object(text));
  }
  CHECK_FALSE(is_plain_json_object(std::string("{}\0", 3)));
  CHECK_FALSE(is_plain_json_object("{\"a\":" + std::string(40, '[') + std::string(40, ']') + "}"));
}

// A text that only this takes for an object would reach a handler unparsed.
TEST_CASE("plain json: a parser takes whatever it takes") {
  const std::string pieces[] = {"{",      "}",    "[",    "]",     ":",  ",",    "\"",
                                "\\",     "1",    "0",    "-",     ".",  "e",    " ",
                                "\"a\":", "true", "null", "\\u00", "\n", "\x7f", "\x80"};
  const std::string seeds[] = {R"({"a":1,"b":"x"})", R"({"a":[1,{"b":null}],"c":-0.5})",
                               R"({"a":"\"\\n","b":[true,false]})"};
  std::mt19937 random(20261126);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  int taken = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text = seeds[below(std::size(seeds))];
    for (std::size_t change = below(4); change > 0; --change)
      text.replace(below(text.size() + 1), below(3), pieces[below(std::size(pieces))]);
    if (!is_plain_json_object(text)) continue;
    ++taken;
    CAPTURE(text);
    REQUIRE(nlohmann::json::accept(text));
    REQUIRE(nlohmann::json::parse(text).is_object());
  }
  CHECK(taken > 50'000);
}
