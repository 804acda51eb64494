// What policies of the broker's operator do to an application's queues.
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "../network/rabbit_ctl.hpp"
#include "site.hpp"

namespace {

// A policy for some of the application's queues, for as long as this lives. `pattern` is what
// follows "application." in their names.
class Policy {
 public:
  Policy(const Site& site, const std::string& pattern, const std::string& definition)
      : site_(site) {
    site_.rabbitmq({"ctl", "-q", "set_policy", "--apply-to", "queues", "test",
                    "^" + rabbit::application() + "[.](" + pattern + ")$", definition});
  }
  ~Policy() { end(); }
  void end() {
    if (!std::exchange(is_over_, true)) site_.rabbitmq({"ctl", "-q", "clear_policy", "test"});
  }

 private:
  const Site& site_;
  bool is_over_ = false;
};

std::string params_line(std::size_t bytes) {
  return R"({"text":")" + std::string(bytes, 'x') + "\"}\n";
}

}  // namespace

TEST_CASE("policies: queues that expires has deleted are told by check and log, and made anew") {
  NEEDS_NODE();
  Site site("", {"recorder"});
  CHECK(!contains(site.actiond({"check"}).out, "gone"));
  {
    const Policy policy(site, "dead|delay[.]v1[.]2[0-2]", R"({"expires":1})");
    for (const char* queue : {"dead", "delay.v1.20", "delay.v1.21", "delay.v1.22"})
      CHECK(wait_until([&] { return !rabbit::exists(queue); }));
  }
  SUBCASE("check") {
    const Ran check = site.actiond({"check"});
    CHECK_MESSAGE(check.status == 0, check.out);
    CHECK(contains(check.out, "'" + rabbit::queue_name("dead") + "' was gone, and with it all"));
    CHECK(contains(check.out, "3 of the queues that keep what is to run later were gone"));
    CHECK(!contains(site.actiond({"check"}).out, "gone"));
  }
  SUBCASE("a poller that starts") {
    site.start();
    CHECK(site.wait_for_log("WARNING the queue '" + rabbit::queue_name("dead") + "' was gone"));
    CHECK(contains(site.log(), "3 of the queues"));
  }
  CHECK(rabbit::exists("dead"));
  CHECK(rabbit::exists("delay.v1.22"));
}

TEST_CASE("policies: what message-ttl lets go too soon waits for the rest of its time") {
  NEEDS_NODE();
  Site site("", {"later"});
  Policy policy(site, "delay[.].*", R"({"message-ttl":200})");
  const auto due = std::chrono::system_clock::now() + 20s;
  const Ran queued = site.actiond({"enqueue", "stamp", site.params("stamps", R"("text": "x")"),
                                   "--queue", "high", "--in", "20s"});
  REQUIRE_MESSAGE(queued.status == 0, queued.err);
  REQUIRE(wait_until([] { return rabbit::ready("high") == 1; }));
  policy.end();  // it goes back only once
  site.start();
  CHECK(site.wait_for_log("came before its time"));
  REQUIRE(site.wait_for_lines("stamps", 1));
  CHECK(std::chrono::system_clock::now() >= due);
  CHECK(site.wait_for_log("Processing high:stamp"));
  CHECK(count_of(site.log(), "Processing high:stamp") == 1);
}

TEST_CASE(
    "policies: check says that nothing comes out of the delays, if a policy leads it astray") {
  NEEDS_NODE();
  Site site("", {"recorder"});
  CHECK(site.actiond({"check"}).status == 0);
  const Policy policy(site, "delay[.].*", R"({"dead-letter-routing-key":"nowhere"})");
  const Ran check = site.actiond({"check"});
  CHECK(check.status == 1);
  CHECK(contains(check.out, "does not come"));
  CHECK(contains(check.out, "dead-letter-routing-key"));
}

TEST_CASE("policies: a queue that is full holds up nothing that is later for the others") {
  NEEDS_NODE();
  Site site("", {"recorder"});
  REQUIRE(site.actiond({"check"}).status == 0);  // makes the queues
  Policy policy(site, "low", R"({"max-length":1,"overflow":"reject-publish"})");
  const int many = 80;  // more than a process of the broker hands over together
  std::string lines;
  for (int i = 0; i < many; ++i) lines += site.params("ran", R"("text": "low")") + "\n";
  const Ran queued =
      site.actiond({"enqueue", "record", "-", "--queue", "low", "--in", "200ms"}, lines);
  REQUIRE_MESSAGE(queued.status == 0, queued.err);
  REQUIRE(wait_until([] { return rabbit::ready("low") >= 1; }));
  const Ran later = site.actiond({"enqueue", "record", site.params("ran", R"("text": "high")"),
                                  "--queue", "high", "--in", "200ms"});
  REQUIRE_MESSAGE(later.status == 0, later.err);
  CHECK(wait_until([] { return rabbit::ready("high") == 1; }));
  CHECK(rabbit::ready("low") < 10);
  site.start();
  CHECK(site.wait_for_lines("ran", many + 1));  // as there is room
}

TEST_CASE("policies: what a delivery-limit drops is a dead letter that tells so, and comes back") {
  NEEDS_NODE();
  Site site("queue_type: quorum", {"recorder"});
  rabbit::delete_queue("low");
  REQUIRE(site.actiond({"check"}).status == 0);  // makes it anew
  const Ran queued =
      site.actiond({"enqueue", "record", site.params("ran", R"("text": "x")"), "--queue", "low"});
  REQUIRE_MESSAGE(queued.status == 0, queued.err);
  {
    const Policy policy(site, "low", R"({"delivery-limit":1})");
    CHECK(wait_until([] {
      rabbit::lose("low");
      return rabbit::ready("dead") == 1;
    }));
  }
  const Ran listed = site.actiond({"dead", "list", "--json"});
  const auto letter = nlohmann::json::parse(listed.out).at("letters").at(0);
  CHECK(letter.at("error") ==
        "the broker dropped it from '" + rabbit::queue_name("low") + "' (delivery_limit)");
  CHECK(letter.at("queue") == "low");
  site.start();
  CHECK(site.actiond({"dead", "retry", letter.at("id")}).status == 0);
  CHECK(site.wait_for_lines("ran", 1));
  CHECK(rabbit::ready("dead") == 0);
  site.actiond({"stop", "--all"});
  rabbit::delete_queue("low");
  rabbit::disconnect();  // RabbitMQ 3.10 crashes a channel that knew a queue when it had another
                         // type
}

TEST_CASE("policies: a delivery-limit drops nothing for being looked at") {
  NEEDS_NODE();
  const std::string yaml = "queue_type: quorum\nretry: {attempts: 1}\n";
  Site site(yaml, {"throws", "recorder"});
  for (const char* queue : {"dead", "pause.low"}) rabbit::delete_queue(queue);
  REQUIRE(site.actiond({"setup"}).status == 0);  // makes them anew, as replicated ones
  const Policy policy(site, "dead|pause[.]low|delay[.]unroutable", R"({"delivery-limit":1})");
  constexpr int kLooks = 5;
  SUBCASE("dead letters") {
    site.start();
    for (int i = 0; i < 3; ++i) rabbit::queue("throws", site.params("failed", "\"x\": 1"));
    CHECK(wait_until([] { return rabbit::ready("dead") == 3; }));
    for (int i = 0; i < kLooks; ++i) {
      const Ran listed = site.actiond({"dead", "list", "--json"});
      CHECK(nlohmann::json::parse(listed.out).at("letters").size() == 3);
      CHECK(wait_until([] { return rabbit::ready("dead") == 3; }));
    }
    CHECK(contains(site.actiond({"dead", "list"}).out, "throws"));
  }
  SUBCASE("a pause") {
    REQUIRE(site.actiond({"pause", "low", "--reason", "a look"}).status == 0);
    for (int i = 0; i < kLooks; ++i)
      CHECK(wait_until([&] { return contains(site.actiond({"status"}).out, "a look"); }));
    CHECK(site.actiond({"resume", "low"}).status == 0);
  }
  SUBCASE("what is due and has no queue") {
    rabbit::make_unroutable("elsewhere", 3);
    REQUIRE(wait_until([] { return rabbit::ready("delay.unroutable") == 3; }));
    for (int i = 0; i < kLooks; ++i) {
      site.start();
      REQUIRE(site.actiond({"stop", "--all"}).status == 0);
      CHECK(wait_until([] { return rabbit::ready("delay.unroutable") == 3; }));
    }
    rabbit::delete_queue("delay.unroutable");
  }
  for (const char* queue : {"dead", "pause.low"}) rabbit::delete_queue(queue);
  rabbit::disconnect();
}

TEST_CASE("policies: a pause that one has ended is told as that, and one that is resumed is not") {
  NEEDS_NODE();
  Site site("", {"recorder"});
  site.start();
  REQUIRE(site.actiond({"pause", "high"}).status == 0);
  REQUIRE(site.wait_for_log("the queue high is paused"));
  REQUIRE(site.actiond({"resume", "high"}).status == 0);
  REQUIRE(site.wait_for_log("the queue high is resumed"));
  CHECK(!contains(site.log(), "WARNING the queue high"));
  std::optional<Policy> policy;
  bool is_emptied = false;
  SUBCASE("emptied") {
    is_emptied = true;
  }
  SUBCASE("deleted") {}
  // What is there already has no end by message-ttl.
  if (is_emptied) policy.emplace(site, "pause[.]high", R"({"message-ttl":2000})");
  REQUIRE(site.actiond({"pause", "high"}).status == 0);
  CHECK(wait_until([&] { return count_of(site.log(), "the queue high is paused") == 2; }));
  if (!is_emptied) policy.emplace(site, "pause[.]high", R"({"expires":1})");
  CHECK(site.wait_for_log("WARNING the queue high is no longer paused"));
  CHECK(count_of(site.log(), "the queue high is resumed") == 1);
}

TEST_CASE(
    "policies: an event that the broker finds too large stays, and migrate moves the others") {
  NEEDS_NODE();
  Site site("", {});
  const std::string file = "sqlite:" + site.path("queue.db").native();
  site.configure("", file);
  const std::string input = params_line(10) + params_line(200'000) + params_line(20);
  const Ran queued = site.actiond({"enqueue", "record", "-", "--queue", "high"}, input);
  REQUIRE_MESSAGE(queued.status == 0, queued.err);
  const std::string large = queued.out.substr(37, 36);
  site.configure("");
  const SmallMessages limit;
  for (const char* count : {"2", "0"}) {
    const Ran moved = site.actiond({"migrate", "--from", file});
    CHECK(moved.status == 1);
    CHECK(contains(moved.out, count + std::string(" events moved")));
    CHECK_MESSAGE(contains(moved.err, "does not take 1 event, which stays where it was: " + large),
                  moved.err);
    CHECK(contains(moved.err, "larger than configured max size"));
  }
  std::set<std::string> ids;  // what was on its way with it may be there twice
  for (const auto& each : rabbit::take_all("high")) ids.insert(each.message_id);
  CHECK(ids == std::set{queued.out.substr(0, 36), queued.out.substr(74, 36)});
}

TEST_CASE("policies: enqueue names the line that the broker finds too large") {
  NEEDS_NODE();
  Site site("", {});
  const SmallMessages limit;
  const std::string input = params_line(10) + params_line(20) + params_line(200'000);
  const Ran queued = site.actiond({"enqueue", "record", "-", "--queue", "high"}, input);
  CHECK(queued.status == 1);
  CHECK_MESSAGE(contains(queued.err, "can't queue line 3: "), queued.err);
  CHECK(contains(queued.err, "all other lines up to 3 were queued"));
  CHECK(count_of(queued.out, "\n") == 2);
}
