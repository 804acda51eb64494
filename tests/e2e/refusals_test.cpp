// Every wrong word on the command line or in the configuration gets one sentence, and harms
// nothing.
#include "site.hpp"

namespace {

constexpr int kFailed = 1, kUsage = 2;

struct Refusal {
  std::vector<std::string> words;
  int status;
  std::vector<std::string> parts;  // of what it says
};

void check(const Ran& ran, const Refusal& refusal) {
  std::string command;
  for (const auto& word : refusal.words) command += word + " ";
  CAPTURE(command);
  CAPTURE(ran.err);
  CHECK(ran.status == refusal.status);
  CHECK(ran.out == "");
  CHECK(count_of(ran.err, "\n") == 1);
  const bool is_ours = ran.err.starts_with("actiond: ");
  CHECK(is_ours);
  for (const auto& part : refusal.parts) {
    CAPTURE(part);
    CHECK(contains(ran.err, part));
  }
}

void check_all(Site& site, const std::vector<Refusal>& refusals) {
  for (const auto& refusal : refusals) check(site.actiond(refusal.words), refusal);
  CHECK(site.pollers().empty());
}

// Without the option --config, which Site puts after the verb.
Ran bare(Site& site, std::vector<std::string> words) {
  words.insert(words.begin(), ACTIOND);
  return Process(words, site.path("output/bare")).wait();
}

// The broker's URL with another login or virtual host.
std::string broker_with(const std::string& login, const std::string& vhost) {
  const std::string url = test_broker();
  const auto host = url.find('@') + 1;
  return "amqp://" + login + "@" + url.substr(host, url.find('/', host) - host) + "/" + vhost;
}

struct BadYaml {
  std::string yaml;
  std::vector<std::string> parts;
};

}  // namespace

TEST_CASE("refusals: a wrong verb gets the nearest one as a hint") {
  NEEDS_BROKER();
  Site site;
  check(bare(site, {"strat"}), {{"strat"}, kUsage, {"unknown verb 'strat'", "'start'"}});
  check(bare(site, {"xyzzy"}), {{"xyzzy"}, kUsage, {"unknown verb 'xyzzy'", "--help"}});
}

TEST_CASE("refusals: help is no verb, but does what one expects of it") {
  NEEDS_BROKER();
  Site site;
  CHECK(bare(site, {"help"}).out == bare(site, {"--help"}).out);
  CHECK(bare(site, {"help", "dead", "retry"}).out == bare(site, {"dead", "retry", "--help"}).out);
  CHECK(bare(site, {"help", "start"}).status == 0);
}

TEST_CASE("refusals: wrong words after the verb are wrong usage") {
  NEEDS_BROKER();
  Site site("", {"hello_world"});
  check_all(site,
            {{{"start", "--id", "0"}, kUsage, {"'0' is not a poller's id"}},
             {{"start", "--id", "one"}, kUsage, {"'one' is not a poller's id", "1..8"}},
             {{"start", "--id", "3..1"}, kUsage, {"'3..1' is not a poller's id"}},
             {{"start", "--id", "-1"}, kUsage, {"'-1' is not a poller's id"}},
             {{"start"}, kUsage, {"--id is required"}},
             {{"start", "--id", "1", "extra"}, kUsage, {"extra"}},
             {{"run", "--id", "1..2"}, kUsage, {"one number"}},
             {{"run", "--concurrency", "0"}, kUsage, {"--concurrency: '0'", "from 1 to 256"}},
             {{"run", "--concurrency", "two"}, kUsage, {"--concurrency: 'two'", "from 1 to 256"}},
             {{"health", "--id", "0"}, kUsage, {"--id: '0'", "from 1 to 999999"}},
             {{"dead", "list", "--limit", "all"}, kUsage, {"--limit: 'all'", "from 0 to"}},
             {{"run", "--concurency", "2"}, kUsage, {"'--concurency'", "'--concurrency'"}},
             {{"stop", "--id", "x"}, kUsage, {"'x' is not a poller's id"}},
             {{"stop"}, kUsage, {"--id", "--all"}},
             {{"stop", "--id", "1", "--timeout", "soon"}, kUsage, {"'soon' is not a duration"}},
             {{"enqueue"}, kUsage, {"event is required"}},
             {{"enqueue", "Hello World"}, kUsage, {"'Hello World'", "name of an event"}},
             {{"enqueue", "hello_world", "[1, 2]"}, kUsage, {"'[1, 2]' are not a JSON object"}},
             {{"enqueue", "hello_world", "{\"a\": 1"}, kUsage, {"not a JSON object"}},
             {{"enqueue", "hello_world", "name"}, kUsage, {"'name'", "not a JSON object"}},
             {{"perform", "hello_world", "7"}, kUsage, {"'7' are not a JSON object"}}});
}

TEST_CASE("refusals: what is not there fails with the nearest that is") {
  NEEDS_BROKER();
  Site site("", {"hello_world"});
  check_all(
      site,
      {{{"enqueue", "hello_world", "--queue", "hgih"}, kFailed, {"unknown queue 'hgih'", "'high'"}},
       {{"start", "--id", "1", "--queues", "high lwo"}, kFailed, {"unknown queue 'lwo'", "'low'"}},
       {{"run", "-e", "prodcution"}, kFailed, {"no environment 'prodcution'"}},
       {{"stop", "--id", "5"}, kFailed, {"no poller 5 runs"}},
       {{"restart", "--id", "5"}, kFailed, {"no poller 5 runs"}},
       {{"perform", "hello_wrld"}, kFailed, {"'hello_wrld'", "'hello_world'"}}});
}

TEST_CASE("refusals: a configuration that is not there is named") {
  NEEDS_BROKER();
  Site site;
  const Refusal refusal{{"run", "--config", "nowhere.yaml"}, kFailed, {"nowhere.yaml", "No such"}};
  check(bare(site, refusal.words), refusal);
}

TEST_CASE("refusals: a mistake in the configuration is shown by file, line and column") {
  NEEDS_BROKER();
  Site site("", {"hello_world"});
  for (const BadYaml& bad : std::vector<BadYaml>{
           {"concurency: 2", {"actiond.yaml:3:1", "concurency", "concurrency"}},
           {"retry: {atempts: 3}", {"actiond.yaml:3:9", "atempts", "attempts"}},
           {"concurrency: many", {"actiond.yaml:3:14", "concurrency"}},
           {"timeout: 10", {"actiond.yaml:3:10", "timeout"}},
           {"queues: high", {"actiond.yaml:3:9", "queues"}},
           {"default_queue: hgih", {"actiond.yaml:3:16", "hgih", "high"}},
           {"events: {hello: {queue: hgih}}", {"actiond.yaml:3:25", "hgih"}},
           {"queues: [high, medium, high]", {"actiond.yaml:3:", "high"}},
           {"log: {level: loud}", {"actiond.yaml:3:14", "loud"}},
           {"reload: [", {"actiond.yaml:"}},
           {"environment: {smtp: \"${NO_SUCH_VARIABLE}\"}", {"NO_SUCH_VARIABLE"}}}) {
    CAPTURE(bad.yaml);
    site.configure(bad.yaml);
    check(site.actiond({"start", "--id", "1"}), {{"start"}, kFailed, bad.parts});
    check(site.actiond({"enqueue", "hello_world"}), {{"enqueue"}, kFailed, bad.parts});
  }
  CHECK(site.pollers().empty());
}

TEST_CASE("refusals: all the mistakes of a configuration are shown at once") {
  NEEDS_BROKER();
  Site site;
  site.configure("concurency: 2\ntimeout: soon\n");
  const Ran ran = site.actiond({"start", "--id", "1"});
  CHECK(ran.status == kFailed);
  CHECK_MESSAGE(contains(ran.err, "actiond.yaml:3:1"), ran.err);
  CHECK_MESSAGE(contains(ran.err, "actiond.yaml:4:10"), ran.err);
}

TEST_CASE("refusals: a plugin directory that is missing is named") {
  NEEDS_BROKER();
  Site site("plugins: ../plugin.d");
  const Refusal refusal{{"start"}, kFailed, {"plugin.d", "No such file", "create it"}};
  check(site.actiond({"start", "--id", "1"}), refusal);
  check(site.actiond({"run"}), refusal);
  CHECK(site.pollers().empty());
}

TEST_CASE("refusals: the broker's refusal of a login or virtual host shows no password") {
  NEEDS_BROKER();
  Site site("", {"hello_world"});
  for (const char* verb : {"start", "enqueue"}) {
    const std::vector<std::string> words = verb == std::string("start")
                                               ? std::vector<std::string>{"start", "--id", "1"}
                                               : std::vector<std::string>{"enqueue", "hello_world"};
    site.configure("", broker_with("guest:s3cr3t-word", "%2f"));
    Ran ran = site.actiond(words);
    check(ran, {words, kFailed, {"refused the login of user 'guest'"}});
    CHECK(!contains(ran.err + ran.out + site.log(), "s3cr3t"));
    site.configure("", broker_with("guest:guest", "no_such_vhost"));
    ran = site.actiond(words);
    check(ran, {words, kFailed, {"no_such_vhost"}});
    CHECK(!contains(ran.err, "guest:guest"));
  }
  CHECK(site.pollers().empty());
}

TEST_CASE("refusals: a queue that would lose events by its arguments is named with them") {
  NEEDS_BROKER();
  Site site("", {"hello_world"});
  rabbit::delete_queue("low");
  rabbit::declare_with_ttl("low", 60000);
  const std::vector<std::string> parts{rabbit::queue_name("low"), "x-message-ttl"};
  check(site.actiond({"start", "--id", "1"}), {{"start"}, kFailed, parts});
  check(site.actiond({"enqueue", "hello_world", "--queue", "low"}), {{"enqueue"}, kFailed, parts});
  rabbit::delete_queue("low");
  site.start();
}

TEST_CASE("refusals: a bad line of params ends enqueue, which says how far it came") {
  NEEDS_BROKER();
  Site site;
  const Ran ran =
      site.actiond({"enqueue", "hello_world", "-"}, "{\"n\": 1}\n{\"n\": 2}\nn=3\n{\"n\": 4}\n");
  CHECK(ran.status == kFailed);
  CHECK(count_of(ran.out, "\n") == 2);
  CHECK(contains(ran.err, "line 3"));
  CHECK(rabbit::ready("medium") == 2);
}

TEST_CASE("refusals: migrate knows RabbitMQ by another of its names") {
  NEEDS_BROKER();
  Site site("", {});
  rabbit::queue("hello_world");
  std::string other = test_broker();
  other.replace(other.find("127.0.0.1"), 9, "localhost");
  const Ran moved = site.actiond({"migrate", "--to", other});
  CHECK(moved.status == 2);
  CHECK(contains(moved.err, "--from and --to are the same broker: name two"));
  CHECK(rabbit::take_all("medium").size() == 1);
}
