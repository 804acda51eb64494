#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "commands/terminal/params.hpp"

using actiond::params_of;

TEST_CASE("params: words become the JSON object that they mean") {
  struct Row {
    std::vector<std::string> words;
    std::string json;
  };
  for (const Row& row : {
           Row{{}, "{}"},
           Row{{"to=ann"}, R"({"to":"ann"})"},
           Row{{"n=3", "big=12345678901", "x=-1.5", "flag=true", "none=null"},
               R"({"n":3,"big":12345678901,"x":-1.5,"flag":true,"none":null})"},
           Row{{"list=[1,2]", R"(object={"a":1})", R"(text="3")"},
               R"({"list":[1,2],"object":{"a":1},"text":"3"})"},
           Row{{"zip=00123", "phone=+4930", "when=2026-01-01", "nan=nan"},
               R"({"zip":"00123","phone":"+4930","when":"2026-01-01","nan":"nan"})"},
           Row{{"empty=", "url=http://h/?a=b&c=d", "e=1=2"},
               R"({"empty":"","url":"http://h/?a=b&c=d","e":"1=2"})"},
           Row{{"name=Zoë ☃"}, R"({"name":"Zoë ☃"})"},
           Row{{R"(half="open)"}, R"({"half":"\"open"})"},
           Row{{R"({"a": {"b": [1, "="]}})"}, R"({"a": {"b": [1, "="]}})"},
       }) {
    const auto params = params_of(row.words);
    REQUIRE_MESSAGE(params.ok(), row.json);
    CHECK(nlohmann::json::parse(*params) == nlohmann::json::parse(row.json));
  }
}

TEST_CASE("params: an object is passed on as it is written") {
  CHECK(*params_of({R"({ "n": 1.50 })"}) == R"({ "n": 1.50 })");
  CHECK(*params_of({"\n {\"url\": \"a=b\"}"}) == "\n {\"url\": \"a=b\"}");
}

TEST_CASE("params: what is no object is refused with a sentence") {
  struct Row {
    std::vector<std::string> words;
    std::string part;
  };
  for (const Row& row : {
           Row{{"5"}, "'5' are not a JSON object"},
           Row{{"[1,2] "}, "'[1,2]' are not a JSON object"},
           Row{{R"([{"q":"a=b"}])"}, "are not a JSON object"},
           Row{{R"({"url": "a=b",})"}, "are not a JSON object"},
           Row{{"{"}, "'{' are not a JSON object"},
           Row{{R"({"a":1} x)"}, "are not a JSON object"},
           Row{{""}, "are not a JSON object"},
           Row{{"=x"}, "are not a JSON object"},
           Row{{"n=1", "x"}, "'x' is neither"},
           Row{{"{}", "n=1"}, "'{}' is neither"},
           Row{{"n=1", "n=2"}, "'n' is given twice"},
           Row{{"n=\xff"}, "not UTF-8"},
       }) {
    const auto params = params_of(row.words);
    REQUIRE_FALSE(params.ok());
    CHECK_MESSAGE(params.error().text.find(row.part) != std::string::npos, params.error().text);
  }
}
