#include "poller/face/fleet_voice.hpp"

#include <doctest/doctest.h>

#include "../fake_broker.hpp"
#include "../fake_clock.hpp"
#include "../log_scene.hpp"
#include "broker/fleet_words.hpp"

using namespace actiond;
using namespace std::chrono_literals;
using Json = nlohmann::json;

namespace {

class FakeLink final : public FleetLink {
 public:
  std::string joined;
  int joins = 0;
  bool is_in = true;
  std::string why;
  std::vector<FleetRequest> waiting;
  std::vector<Json> answers, hellos, roster;

  Result<void> join(const PollerName& name) override {
    joined = name.text();
    ++joins;
    return {};
  }
  bool has_joined() const override { return is_in; }
  const std::string& problem() const override { return why; }
  std::vector<FleetRequest> take_requests() override { return std::exchange(waiting, {}); }
  void answer(const FleetRequest&, const std::string& body) override {
    answers.push_back(Json::parse(body));
  }
  void say_hello(const std::string& body) override { hellos.push_back(Json::parse(body)); }
  void sign_roster(const std::string& body) override { roster.push_back(Json::parse(body)); }
};

// A poller "box4/17" that takes commands without a seal.
struct Scene {
  FakeClock clock;
  LogScene log;
  RemoteConfig config{Remote::Full, ""};
  FakeBroker broker;
  FakeLink link;
  std::vector<Json> asked;
  int pauses = 0;
  std::function<Json(const Json&)> reply = [](const Json&) { return Json{{"ok", true}}; };
  FleetVoice voice{clock, config, log.log, PollerName{"box4", "17", "00ff"},
                   FleetVoice::Answers{[this](const Json& request) {
                                         asked.push_back(request);
                                         return reply(request);
                                       },
                                       [] {
                                         return Json{{"state", "idle"}};
                                       },
                                       [this] { ++pauses; }}};

  Scene() { broker.link = &link; }
  void ask(const Json& request) {
    link.waiting.push_back({"all", fleet_text(request, {"root@box1", "", ""}, "all", 0), "", ""});
    voice.answer();
  }
};

}  // namespace

TEST_CASE("fleet voice: says hello every 10 s, and signs the roster once a minute") {
  Scene scene;
  scene.voice.connected(scene.broker);
  CHECK(scene.link.joined == "box4/17");
  scene.voice.answer();
  CHECK(scene.link.hellos.size() == 1);
  CHECK(scene.link.roster.size() == 1);
  for (int i = 0; i < 6; ++i) scene.clock.advance(10s);
  CHECK(scene.link.hellos.size() == 7);
  CHECK(scene.link.roster.size() == 2);
  CHECK(scene.link.hellos[0]["state"] == "idle");
  CHECK(scene.link.hellos[0]["host"] == "box4");
  CHECK(scene.link.hellos[0]["id"] == "17");
}

TEST_CASE("fleet voice: is silent until it has joined, and when the broker is gone") {
  Scene scene;
  scene.link.is_in = false;
  scene.voice.connected(scene.broker);
  scene.voice.answer();
  CHECK(scene.link.hellos.empty());
  scene.link.is_in = true;
  scene.voice.answer();
  CHECK(scene.link.hellos.size() == 1);
  scene.voice.lost();
  scene.clock.advance(1min);
  scene.ask({{"command", "status"}});
  CHECK(scene.link.hellos.size() == 1);
  CHECK(scene.asked.empty());
}

TEST_CASE("fleet voice: what refuses it is told once, and asked again more and more rarely") {
  Scene scene;
  scene.link.is_in = false;
  scene.link.why = "no right";
  scene.voice.connected(scene.broker);
  int joins = 1;
  for (const auto wait : {1min, 2min, 4min}) {
    for (int turn = 0; turn < 3; ++turn) scene.voice.answer();
    CHECK(scene.link.joins == joins++);
    scene.clock.advance(wait - 1s);
    CHECK(scene.link.joins == joins - 1);
    scene.clock.advance(1s);
  }
  const auto is_back_logged = [&] {
    return scene.log.logged().find("can reach this poller again") != std::string::npos;
  };
  scene.link.is_in = true;
  scene.link.why.clear();
  scene.voice.answer();
  CHECK(scene.link.hellos.size() == 1);
  scene.link.is_in = false;  // what it says is refused as well
  scene.link.why = "no right";
  scene.voice.answer();
  CHECK_FALSE(is_back_logged());
  scene.clock.advance(8min);
  scene.link.is_in = true;
  scene.link.why.clear();
  scene.voice.answer();
  scene.clock.advance(10s);
  CHECK(is_back_logged());
  const auto logged = scene.log.logged();
  CHECK(logged.find("no right") == logged.rfind("no right"));
}

TEST_CASE("fleet voice: who leaves says so once, and nothing more") {
  Scene scene;
  scene.voice.connected(scene.broker);
  scene.voice.answer();
  scene.voice.end();
  scene.voice.end();
  scene.clock.advance(1min);
  REQUIRE(scene.link.roster.size() == 2);
  CHECK(scene.link.roster[1]["state"] == kHasLeft);
  CHECK(scene.link.roster[1]["nonce"] == "00ff");
  CHECK(scene.link.hellos.size() == 2);
}

TEST_CASE("fleet voice: answers with its name, and passes on what it is told") {
  Scene scene;
  scene.voice.connected(scene.broker);
  scene.ask({{"command", "quiet"}});
  REQUIRE(scene.asked.size() == 1);
  CHECK(scene.asked[0] == Json{{"command", "quiet"}});
  REQUIRE(scene.link.answers.size() == 1);
  CHECK(scene.link.answers[0]["ok"] == true);
  CHECK(scene.link.answers[0]["poller"] == "box4/17");
  CHECK(scene.link.answers[0]["nonce"] == "00ff");
  CHECK(scene.log.logged().find("root@box1 says 'quiet' over the broker") != std::string::npos);
}

TEST_CASE("fleet voice: of pauses it is told without an answer") {
  Scene scene;
  scene.voice.connected(scene.broker);
  scene.ask({{"command", "pauses"}});
  CHECK(scene.pauses == 1);
  CHECK(scene.link.answers.empty());
  CHECK(scene.asked.empty());
}

TEST_CASE("fleet voice: refusals are answered, and ten of them a minute are logged") {
  Scene scene;
  scene.config.allows = Remote::Status;
  scene.voice.connected(scene.broker);
  for (int i = 0; i < 25; ++i) scene.ask({{"command", "stop"}});
  CHECK(scene.asked.empty());
  CHECK(scene.link.answers.size() == 25);
  CHECK(scene.link.answers[24].contains("error"));
  CHECK(scene.log.times_logged("refused what somebody asked") == 10);
  scene.clock.advance(61s);
  scene.ask({{"command", "stop"}});
  CHECK(scene.log.times_logged("refused what somebody asked") == 11);
  CHECK(scene.log.times_logged("15 more of that kind were refused") == 1);
}

TEST_CASE("fleet voice: with remote: none it joins nobody") {
  Scene scene;
  scene.config.allows = Remote::None;
  scene.voice.connected(scene.broker);
  scene.ask({{"command", "status"}});
  CHECK(scene.link.joined.empty());
  CHECK(scene.link.answers.empty());
}

TEST_CASE("fleet voice: that the broker does not let it is said once") {
  Scene scene;
  scene.link.is_in = false;
  scene.link.why = "403 ACCESS_REFUSED";
  for (int i = 0; i < 3; ++i) {
    scene.voice.connected(scene.broker);
    scene.voice.answer();
    scene.voice.answer();
  }
  CHECK(scene.log.times_logged("other machines can't reach this poller") == 1);
}

TEST_CASE("fleet voice: a broker without a link is none to speak over") {
  Scene scene;
  scene.broker.link = nullptr;
  scene.voice.connected(scene.broker);
  scene.voice.answer();
  scene.voice.end();
  CHECK(scene.link.hellos.empty());
}

TEST_CASE("fleet voice: a request with members of other types is answered, and ends nothing") {
  Scene scene;
  scene.reply = [](const Json& request) { return Json{{"now", request.value("now", false)}}; };
  scene.voice.connected(scene.broker);
  scene.ask({{"command", "stop"}, {"now", "yes"}});
  REQUIRE(scene.link.answers.size() == 1);
  CHECK(scene.link.answers[0].contains("error"));
}

TEST_CASE("fleet voice: without a seal nobody is shown what events hold") {
  Scene scene;
  scene.reply = [](const Json&) {
    return Json{{"in_hand", {{{"event", "x"}, {"params", "secret"}}}},
                {"failures", {{{"event", "x"}, {"error", "secret"}}}}};
  };
  scene.voice.connected(scene.broker);
  scene.ask({{"command", "status"}});
  REQUIRE(scene.link.answers.size() == 1);
  CHECK(scene.link.answers[0]["in_hand"][0]["event"] == "x");
  CHECK(scene.link.answers[0].dump().find("secret") == std::string::npos);
}

TEST_CASE("fleet voice: a link that breaks after the greeting is said, too") {
  Scene scene;
  scene.voice.connected(scene.broker);
  scene.voice.answer();
  scene.link.is_in = false;
  scene.link.why = "403 ACCESS_REFUSED";
  scene.voice.answer();
  scene.voice.answer();
  CHECK(scene.log.times_logged("other machines can't reach this poller") == 1);
}
