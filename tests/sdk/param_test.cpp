#include <doctest/doctest.h>

#include <action/testing.hpp>
#include <functional>
#include <string>
#include <vector>

using action::testing::Outcome;

namespace {

std::function<void(const action::Event&)> ask;

struct ParamAskingEvent : action::Event {
  void process() override { ask(*this); }
};

// Why the event failed that asks so of these params; empty: it did not.
std::string reason(const nlohmann::json& params, std::function<void(const action::Event&)> asks) {
  ask = std::move(asks);
  return action::testing::run<ParamAskingEvent>(params).reason;
}

template <class T>
std::function<void(const action::Event&)> wants(const std::string& key) {
  return [key](const action::Event& event) { (void)event.param<T>(key); };
}

}  // namespace

TEST_CASE("param: a value is read as the type that is asked for, nested ones by dots") {
  const nlohmann::json params = {{"to", "ada"},
                                 {"count", 3},
                                 {"whole", 4.0},
                                 {"share", 0.5},
                                 {"urgent", true},
                                 {"ids", {1, 2}},
                                 {"order", {{"number", 7}, {"lines", {{"a", 1}}}}}};
  CHECK(reason(params, [](const action::Event& event) {
          CHECK(event.param<std::string>("to") == "ada");
          CHECK(event.param<int>("count") == 3);
          CHECK(event.param<long>("whole") == 4);
          CHECK(event.param<double>("count") == 3.0);
          CHECK(event.param<double>("share") == 0.5);
          CHECK(event.param<bool>("urgent"));
          CHECK(event.param<std::vector<int>>("ids") == std::vector{1, 2});
          CHECK(event.param<int>("order.number") == 7);
          CHECK(event.param<nlohmann::json>("order.lines") == nlohmann::json{{"a", 1}});
        }) == "");
}

TEST_CASE("param: a fallback stands in for what is missing or null, and gives the type") {
  const nlohmann::json params = {{"subject", nullptr}, {"order", {{"number", 7}}}};
  CHECK(reason(params, [](const action::Event& event) {
          CHECK(event.param("subject", "none") == "none");
          CHECK(event.param("to", std::string("nobody")) == "nobody");
          CHECK(event.param("order.number", 1) == 7);
          CHECK(event.param("order.count", 1) == 1);
          CHECK(event.param("order.number.deeper", 2) == 2);
        }) == "");
}

TEST_CASE("param: what is missing or of another type is told by a sentence") {
  struct Row {
    nlohmann::json params;
    std::function<void(const action::Event&)> asks;
    std::string sentence;
  };
  for (const Row& row : {
           Row{{}, wants<std::string>("to"), "param 'to' is missing"},
           Row{{{"to", nullptr}}, wants<std::string>("to"), "param 'to' is missing"},
           Row{{{"to", 7}}, wants<std::string>("to"), "param 'to' must be text, not a number"},
           Row{{{"to", {1}}}, wants<std::string>("to"), "param 'to' must be text, not a list"},
           Row{{{"n", "7"}}, wants<int>("n"), "param 'n' must be a whole number, not text"},
           Row{{{"n", 0.5}}, wants<int>("n"), "param 'n' must be a whole number, not 0.5"},
           Row{{{"n", 300}},
               wants<signed char>("n"),
               "param 'n' must be a whole number from -128 to 127, not 300"},
           Row{{{"n", -1}},
               wants<unsigned char>("n"),
               "param 'n' must be a whole number from 0 to 255, not -1"},
           Row{{{"n", 1e300}},
               wants<int>("n"),
               "param 'n' must be a whole number from -2147483648 to 2147483647, not 1e+300"},
           Row{{{"n", "x"}}, wants<double>("n"), "param 'n' must be a number, not text"},
           Row{{{"go", 1}}, wants<bool>("go"), "param 'go' must be true or false, not a number"},
           Row{{{"a", {{"b", true}}}},
               wants<std::string>("a.b"),
               "param 'a.b' must be text, not true"},
           Row{{{"a", 1}}, wants<int>("a.b"), "param 'a.b' is missing"},
           Row{{{"ids", "x"}},
               wants<std::vector<int>>("ids"),
               "param 'ids' can't be read: type must be array, but is string"},
       })
    CHECK(reason(row.params, row.asks) == row.sentence);
}

TEST_CASE("params: looking for a key adds none, at any depth") {
  CHECK(reason({{"to", "ada"}}, [](const action::Event& event) {
          CHECK(event.params()["cc"].is_null());
          CHECK(event.params()["cc"]["deeper"][3].is_null());
          CHECK_FALSE(event.params().contains("cc"));
          CHECK(event.params().dump() == R"({"to":"ada"})");
        }) == "");
}

TEST_CASE("params: they convert, compare, walk and print as JSON does, with sentences") {
  const nlohmann::json params = {{"to", "ada"}, {"n", 3}, {"list", {1, 2}}};
  CHECK(reason(params, [](const action::Event& event) {
          const std::string to = event.params()["to"];
          const int n = event.params()["n"];
          const nlohmann::json whole = event.params();
          int sum = 0;
          for (const auto& each : event.params()["list"]) sum += each.get<int>();
          CHECK(to == "ada");
          CHECK(n == 3);
          CHECK(sum == 3);
          CHECK(whole.size() == 3);
          CHECK(event.params()["to"] == "ada");
          CHECK(fmt::format("{} {}", event.params()["to"], event.params()["list"]) == "ada [1,2]");
          CHECK(event.params().value("name", "world") == "world");
        }) == "");
  CHECK(reason(params, [](const action::Event& event) {
          const std::string text = event.params()["list"][0];
        }) == "param 'list[0]' must be text, not a number");
  CHECK(reason({{"name", 7}}, [](const action::Event& event) {
          (void)event.params().value("name", "world");
        }) == "param 'name' must be text, not a number");
}
