#include "poller/face/remote_desk.hpp"

#include <doctest/doctest.h>

#include "broker/fleet_words.hpp"

using namespace actiond;
using Json = nlohmann::json;

namespace {

constexpr std::int64_t kNow = 1'700'000'000'000;
const std::string kSecret = "0123456789abcdef";

FleetRequest said(const std::string& command, const std::string& secret = {},
                  std::int64_t at_ms = kNow) {
  const auto target = to_poller("box4", "17");
  return {target, fleet_text({{"command", command}}, {"root@box1", "", secret}, target, at_ms), "",
          ""};
}

std::string refusal_of(RemoteDesk& desk, const FleetRequest& request, std::int64_t now = kNow) {
  const auto order = desk.judge(request, now);
  return order ? "" : order.error().text;
}

bool has(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("remote desk: what each setting lets others do") {
  struct Row {
    Remote allows;
    std::string secret;
    bool may_look, may_command, may_command_unsealed;
  };
  for (const auto& row :
       {Row{Remote::None, "", false, false, false}, Row{Remote::Status, "", true, false, false},
        Row{Remote::Status, kSecret, true, false, false},
        Row{Remote::Full, kSecret, true, true, false}, Row{Remote::Full, "", true, true, true}}) {
    const RemoteConfig config{row.allows, row.secret};
    RemoteDesk desk(config);
    CAPTURE(static_cast<int>(row.allows));
    CHECK(desk.judge(said("status"), kNow).ok() == row.may_look);
    CHECK(desk.judge(said("pauses"), kNow).ok() == row.may_look);
    CHECK(desk.judge(said("stop", kSecret), kNow).ok() == row.may_command);
    CHECK(desk.judge(said("stop"), kNow).ok() == row.may_command_unsealed);
  }
}

TEST_CASE("remote desk: an order is told with who says it") {
  const RemoteConfig config{Remote::Full, kSecret};
  RemoteDesk desk(config);
  const auto order = desk.judge(said("quiet", kSecret), kNow);
  REQUIRE(order);
  CHECK(order->request == Json{{"command", "quiet"}});
  CHECK(order->by == "root@box1");
  CHECK(order->is_command);
  CHECK_FALSE(desk.judge(said("status"), kNow)->is_command);
}

TEST_CASE("remote desk: forged, old, repeated and misdirected commands are refused") {
  const RemoteConfig config{Remote::Full, kSecret};
  RemoteDesk desk(config);
  CHECK(has(refusal_of(desk, said("stop")), "not sealed"));
  CHECK(has(refusal_of(desk, said("stop", "fedcba9876543210")), "not made with"));
  CHECK(has(refusal_of(desk, said("stop", kSecret, kNow - 60'001)), "60 s away"));
  CHECK(has(refusal_of(desk, said("stop", kSecret, kNow + 60'001)), "-60 s away"));
  const auto once = said("stop", kSecret, kNow - 59'000);
  CHECK(refusal_of(desk, once) == "");
  CHECK(has(refusal_of(desk, once), "said before"));
  CHECK(has(refusal_of(desk, once, kNow + 1000), "said before"));
  CHECK(has(refusal_of(desk, once, kNow + 200'000), "away"));
  auto elsewhere = said("stop", kSecret);
  elsewhere.target = kToAll;
  CHECK(has(refusal_of(desk, elsewhere), "not made with"));
}

TEST_CASE("remote desk: what was said before this process was there, or to others, is refused") {
  const RemoteConfig config{Remote::Full, kSecret};
  RemoteDesk young(config, "", kNow - 1000), another(config, "another");
  CHECK(has(refusal_of(young, said("stop", kSecret, kNow - 1001)), "older than this process"));
  CHECK(refusal_of(young, said("stop", kSecret, kNow - 1000)) == "");
  CHECK(has(refusal_of(another, said("stop", kSecret)), "not made with"));
}

TEST_CASE("remote desk: only who has the secret is shown what events hold") {
  const RemoteConfig config{Remote::Status, kSecret};
  RemoteDesk desk(config);
  CHECK(desk.judge(said("status", kSecret), kNow)->is_trusted);
  CHECK_FALSE(desk.judge(said("status"), kNow)->is_trusted);
  CHECK_FALSE(desk.judge(said("status", "fedcba9876543210"), kNow)->is_trusted);
}

TEST_CASE("remote desk: what can't be understood gets a sentence") {
  const RemoteConfig config{Remote::Full, ""};
  RemoteDesk desk(config);
  for (const std::string body :
       {"", "x", "[]", "{}", R"({"request": 5})", R"({"request": "x"})", R"({"request": "[]"})",
        R"({"request": "{}"})", R"({"request": "{\"command\": 5}"})", "\xff\xfe"})
    CHECK(refusal_of(desk, {"all", body, "", ""}) == "what was asked can't be understood");
  // What is of another type is as if it were not there.
  CHECK(desk.judge(
      {"all", R"({"request": "{\"command\": \"status\"}", "by": 5, "at_ms": "x"})", "", ""}, kNow));
}
