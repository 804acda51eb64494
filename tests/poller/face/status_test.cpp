#include "poller/face/status.hpp"

#include <doctest/doctest.h>

using namespace actiond;

TEST_CASE("status: every field has its place, and what is not there is null or empty") {
  Status status{};
  status.pid = 4711;
  status.state = "idle";
  status.queues = {"high"};
  const auto json = to_json(status);
  CHECK(json.at("id").is_null());
  CHECK(json.at("broker").is_null());
  CHECK(json.at("pid") == 4711);
  CHECK_FALSE(json.contains("memory_kb"));
  CHECK(json.at("state") == "idle");
  CHECK(json.at("in_hand") == nlohmann::json::array());
  CHECK(json.at("runners") == nlohmann::json::array());
  CHECK(json.at("plugins") == nlohmann::json::array());
  CHECK(json.at("failures") == nlohmann::json::array());
  CHECK(json.at("reload") == nlohmann::json{{"is_underway", false}, {"problem", ""}});
}

TEST_CASE("status: what is in hand and what is loaded, by name") {
  Status status{};
  status.id = 3;
  status.broker = "amqp://broker";
  status.runners = {12};
  status.memory_kb = 5120;
  status.in_hand = {{"mail", "7", "high", 2, 1500, "", ""},
                    {"mail", "8", "low", 1, 2, "{\"a\": 1}", "0af7651916cd43dd8448eb211c80319c"}};
  PluginInfo plugin;
  plugin.name = "mail";
  plugin.version = "1";
  plugin.file = "/plugins.d/mail.so";
  plugin.hash = "0123456789ab";
  status.plugins.plugins = {plugin};
  status.up_since_ms = 0;
  status.failures = {{"mail", "6", "high", "it broke", 1, 0}};
  const auto json = to_json(status);
  CHECK(json.at("id") == 3);
  CHECK(json.at("broker") == "amqp://broker");
  CHECK(json.at("memory_kb") == 5120);
  CHECK(json.at("in_hand") ==
        nlohmann::json::parse(
            R"([{"event":"mail","id":"7","queue":"high","attempt":2,"for_ms":1500},
                {"event":"mail","id":"8","queue":"low","attempt":1,"for_ms":2,"params":"{\"a\": 1}",
                 "trace_id":"0af7651916cd43dd8448eb211c80319c"}])"));
  CHECK(
      json.at("plugins") ==
      nlohmann::json::parse(
          R"([{"name":"mail","version":"1","file":"/plugins.d/mail.so","hash":"0123456789ab"}])"));
  const auto& failure = json.at("failures").at(0);
  CHECK(failure.at("event") == "mail");
  CHECK(failure.at("error") == "it broke");
  CHECK(failure.at("at").get<std::string>().starts_with("19"));
  CHECK(json.at("up_since").get<std::string>().starts_with("19"));
}
