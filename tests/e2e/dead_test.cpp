// Dead letters: looked at, queued again, deleted, performed; and none is lost.
#include <signal.h>

#include <nlohmann/json.hpp>
#include <set>

#include "site.hpp"

using nlohmann::json;

namespace {

constexpr std::int64_t kTime_ms = 1700000000123;

action::Message letter(const std::string& id, const std::string& event = "record",
                       const std::string& queue = "low") {
  action::Message letter;
  letter.event = event;
  letter.id = id;
  letter.body = R"({"n" : 1.0})";
  letter.enqueued_at_s = kTime_ms / 1000;
  letter.sender = "shop";
  letter.trail.attempt = 3;
  letter.trail.queue = queue;
  letter.trail.error = "no address\nat all";
  letter.trail.poller = "box/1";
  letter.trail.plugin = "mailer.so 1a2b";
  letter.trail.backtrace = "#0 send";
  letter.trail.first_failed_at_ms = kTime_ms - 1000;
  letter.trail.failed_at_ms = kTime_ms;
  return letter;
}

void bury_many(int count, const std::string& event = "record") {
  std::vector<action::Message> letters;
  for (int i = 0; i < count; ++i) {
    letters.push_back(letter("id-" + std::to_string(i), event));
    letters.back().trail.failed_at_ms += i;
  }
  rabbit::bury(letters);
}

Ran dead(Site& site, std::vector<std::string> words, int status = 0) {
  words.insert(words.begin(), "dead");
  Ran ran = site.actiond(words);
  CHECK_MESSAGE(ran.status == status, ran.err);
  return ran;
}

json dead_json(Site& site, std::vector<std::string> words, int status = 0) {
  words.push_back("--json");
  const Ran ran = dead(site, words, status);
  const json parsed = json::parse(ran.out, nullptr, false);
  REQUIRE_MESSAGE(!parsed.is_discarded(), ran.out);
  return parsed;
}

std::vector<std::string> ids_of(const json& list) {
  std::vector<std::string> ids;
  for (const auto& each : list.at("letters")) ids.push_back(each.at("id"));
  return ids;
}

std::vector<std::string> first_ids(int count) {
  std::vector<std::string> ids;
  for (int i = 0; i < count; ++i) ids.push_back("id-" + std::to_string(i));
  return ids;
}

std::set<std::string> distinct_ids(const std::vector<RawMessage>& messages) {
  std::set<std::string> ids;
  for (const auto& message : messages) ids.insert(message.message_id);
  return ids;
}

// Lets the test's other cases find the queue of dead letters as they expect it.
struct DeadQueue {
  explicit DeadQueue(const std::string& type) { rabbit::declare_dead(type); }
  ~DeadQueue() { rabbit::declare_dead("classic"); }
};

}  // namespace

TEST_CASE("dead: list shows the oldest first, and leaves all of them in their places") {
  NEEDS_BROKER();
  Site site;
  for (const char* type : {"classic", "quorum"}) {
    const DeadQueue queue(type);
    CAPTURE(type);
    CHECK(dead(site, {"list"}).out == "no dead letters\n");
    bury_many(120);
    auto other = letter("other", "audit");
    other.trail.failed_at_ms += 1000;
    rabbit::bury({other});
    const Ran text = dead(site, {"list"});
    CHECK(contains(text.out, "\nid-0   record "));
    CHECK(contains(text.out, "  no address…\n"));
    CHECK(
        contains(text.out, "\n121 dead letters, the oldest 100 are shown: --limit 0 shows all\n"));
    CHECK(ids_of(dead_json(site, {"list"})) == first_ids(100));
    CHECK(ids_of(dead_json(site, {"list", "--limit", "3"})) == first_ids(3));
    CHECK(dead_json(site, {"list", "--limit", "0"}).at("shown") == 121);
    const json audits = dead_json(site, {"list", "--event", "audit"});
    CHECK(ids_of(audits) == std::vector<std::string>{"other"});
    CHECK(audits.at("matching") == 1);
    CHECK(rabbit::ready("dead") == 121);
    CHECK(ids_of(dead_json(site, {"list"})) == first_ids(100));
  }
}

TEST_CASE("dead: more letters than one consumer may hold are read, and can be read again") {
  NEEDS_BROKER();
  Site site;
  const int count = 12000;
  for (const char* type : {"classic", "quorum"}) {
    const DeadQueue queue(type);
    CAPTURE(type);
    bury_many(count);
    for (int i = 0; i < 2; ++i)
      CHECK(ids_of(dead_json(site, {"list", "--limit", "0"})) == first_ids(count));
    CHECK(dead_json(site, {"retry", "id-11999"}).at("retried") == 1);
    CHECK(rabbit::take_all("low").at(0).message_id == "id-11999");
    CHECK(rabbit::ready("dead") == count - 1);
  }
}

TEST_CASE("dead: show tells all of one") {
  NEEDS_BROKER();
  Site site;
  rabbit::bury({letter("a"), letter("b")});
  const Ran text = dead(site, {"show", "b"});
  for (const char* part :
       {"id                b\n", "attempts          3\n", "error             no address\n",
        "poller            box/1\n", "plugin            mailer.so 1a2b\n",
        "backtrace         #0 send\n", "params\n{\n  \"n\": 1.0\n}\n"})
    CHECK_MESSAGE(contains(text.out, part), text.out);
  const json one = dead_json(site, {"show", "b"});
  CHECK(one.at("queue") == "low");
  CHECK(one.at("first_failed_at_ms") == kTime_ms - 1000);
  CHECK(one.at("failed_at_ms") == kTime_ms);
  CHECK(one.at("params") == json{{"n", 1.0}});
  CHECK(dead(site, {"show", "c"}, 1).err ==
        "actiond: no dead letter has the id 'c': actiond dead list shows the others\n");
  CHECK(rabbit::ready("dead") == 2);
}

TEST_CASE("dead: retry sends it to its queue as it was, but for the failures") {
  NEEDS_BROKER();
  Site site;
  rabbit::bury({letter("a"), letter("b"), letter("c", "record", "gone")});
  const Ran ran = dead(site, {"retry", "b", "nowhere", "c"}, 1);
  CHECK(ran.out == "2 dead letters are queued again\n");
  CHECK(count_of(ran.err, "\n") == 1);
  CHECK(contains(ran.err, "'nowhere'"));
  const auto low = rabbit::take_all("low");
  REQUIRE(low.size() == 1);
  CHECK(low[0].type == "record");
  CHECK(low[0].message_id == "b");
  CHECK(low[0].body == letter("b").body);
  CHECK(low[0].headers.empty());
  CHECK(rabbit::take_all("medium").at(0).message_id == "c");
  CHECK(distinct_ids(rabbit::take_all("dead")) == std::set<std::string>{"a"});
}

TEST_CASE("dead: retry keeps the sender's headers") {
  NEEDS_BROKER();
  Site site("retry: {attempts: 1}", {"throws"});
  const pid_t poller = site.start();
  rabbit::publish(
      "low", {.type = "throws", .body = "{}", .message_id = "x", .headers = {{"tenant", "blue"}}});
  REQUIRE(wait_until([] { return rabbit::ready("dead") == 1; }));
  end_process(poller);
  const json shown = dead_json(site, {"show", "x"});
  CHECK(shown.at("queue") == "low");
  CHECK(shown.at("failed_at_ms") > kTime_ms);
  dead(site, {"retry", "x"});
  const auto back = rabbit::take_all("low").at(0);
  CHECK(back.headers == std::map<std::string, std::string>{{"tenant", "blue"}});
}

TEST_CASE("dead: retry of an event takes all of it and nothing else") {
  NEEDS_BROKER();
  Site site;
  bury_many(1200, "audit");
  rabbit::bury({letter("other")});
  bury_many(1200, "audit");
  CHECK(dead(site, {"retry", "--event", "audit"}).out == "2400 dead letters are queued again\n");
  CHECK(rabbit::ready("low") == 2400);
  CHECK(rabbit::ready("dead") == 1);
  const auto none = dead(site, {"retry", "--event", "audit"}, 1);
  CHECK(none.out == "0 dead letters are queued again\n");
  CHECK(contains(none.err, "no dead letter is of the event 'audit'"));
}

TEST_CASE("dead: retry of all leaves what dies again meanwhile, and what is no event") {
  NEEDS_BROKER();
  Site site("retry: {attempts: 1}", {"throws"});
  site.start();
  RawMessage bad{.type = std::nullopt, .body = "?", .message_id = "bad", .headers = {}};
  rabbit::publish("medium", bad);
  REQUIRE(wait_until([] { return rabbit::ready("dead") == 1; }));
  bury_many(3000, "throws");
  const Ran ran = dead(site, {"retry", "--all"}, 1);
  CHECK(ran.out == "3000 dead letters are queued again\n");
  CHECK(ran.err ==
        "actiond: the dead letter bad can't be retried: it has no type, so it is not an event; it "
        "stays where it is\n");
  CHECK(wait_until([] { return rabbit::ready("dead") == 3001; }));
  dead(site, {"retry", "bad"}, 1);
  CHECK(rabbit::ready("dead") == 3001);
}

TEST_CASE("dead: a letter that the broker does not take stays a dead letter") {
  NEEDS_BROKER();
  Site site;
  rabbit::delete_queue("low");
  rabbit::declare_with_ttl("low", 60000);  // refused: it would let events vanish
  rabbit::bury({letter("a")});
  const Ran ran = dead(site, {"retry", "a"}, 1);
  CHECK(contains(ran.err, "x-message-ttl"));
  CHECK(contains(ran.err, "0 dead letters are queued again before that"));
  CHECK(rabbit::ready("dead") == 1);
  rabbit::delete_queue("low");
}

TEST_CASE("dead: delete takes those with these ids, purge all") {
  NEEDS_BROKER();
  Site site;
  bury_many(2000);
  const Ran ran = dead(site, {"delete", "id-7", "nowhere", "id-1999"}, 1);
  CHECK(ran.out == "2 dead letters are deleted\n");
  CHECK(contains(ran.err, "'nowhere'"));
  CHECK(rabbit::ready("dead") == 1998);
  CHECK(dead(site, {"purge"}).out == "1998 dead letters are deleted\n");
  CHECK(dead_json(site, {"purge"}).at("deleted") == 0);
  CHECK(rabbit::ready("dead") == 0);
}

TEST_CASE("dead: wrong usage has exit status 2, and an unreachable broker 1") {
  NEEDS_BROKER();
  Site site;
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{},
                                             {"lst"},
                                             {"show"},
                                             {"retry"},
                                             {"retry", "a", "--all"},
                                             {"delete"},
                                             {"delete", ""},
                                             {"list", "--limit", "-1"},
                                             {"retry", "--event", "No Name"}})
    dead(site, words, 2);
  site.configure("", "amqp://127.0.0.1:1");
  CHECK(contains(dead(site, {"list"}, 1).err, "127.0.0.1:1"));
}

TEST_CASE("dead: a retry that is killed loses nothing") {
  NEEDS_BROKER();
  Site site;
  const int count = 8000;
  for (const char* type : {"classic", "quorum"}) {
    const DeadQueue queue(type);
    CAPTURE(type);
    bury_many(count);
    const auto retry = site.begin({"dead", "retry", "--all"});
    REQUIRE(wait_until([] { return rabbit::ready("low") >= 1500; }));
    retry->signal(SIGKILL);
    CHECK(retry->wait().status == 128 + SIGKILL);
    REQUIRE(wait_until([&] { return rabbit::ready("low") + rabbit::ready("dead") >= count; }));
    auto ids = distinct_ids(rabbit::take_all("low"));
    CHECK(ids.size() < count);
    ids.merge(distinct_ids(rabbit::take_all("dead")));
    CHECK(ids.size() == count);
  }
}

TEST_CASE("dead: perform runs its event here, and leaves it where it is") {
  NEEDS_BROKER();
  Site site("", {"recorder"});
  auto good = letter("a");
  good.body = site.params("ran", R"("text": "x")");
  auto bad = letter("b");
  bad.event.clear();
  rabbit::bury({good, bad});
  const Ran ran = site.actiond({"perform", "--dead", "a"});
  CHECK_MESSAGE(ran.status == 0, ran.err);
  CHECK(site.lines("ran") == std::vector<std::string>{"x"});
  CHECK(rabbit::ready("dead") == 2);
  CHECK(contains(site.actiond({"perform", "--dead", "b"}).err, "not an event"));
  CHECK(contains(site.actiond({"perform", "--dead", "c"}).err, "no dead letter has the id 'c'"));
  CHECK(site.actiond({"perform", "record", "--dead", "a"}).status == 2);
  CHECK(site.actiond({"perform"}).status == 2);
}
