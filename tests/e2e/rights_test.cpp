// A user of the broker who may not do all that pollers do.
#include <action/client.hpp>
#include <chrono>

#include "site.hpp"

namespace {

// A user of RabbitMQ, who may configure nothing.
class User {
 public:
  User(const Site& site, const std::string& write, const std::string& read) : site_(site) {
    ctl({"add_user", "limited", "limited"});
    allow(write, read);
  }
  ~User() { ctl({"delete_user", "limited"}); }

  void allow(const std::string& write, const std::string& read = ".*") {
    ctl({"set_permissions", "limited", "^$", write, read});
  }
  void allow_all() { ctl({"set_permissions", "limited", ".*", ".*", ".*"}); }
  void allow_nothing() { ctl({"clear_permissions", "limited"}); }
  static std::string url() {
    std::string url = test_broker();
    url.replace(url.find("guest:guest"), 11, "limited:limited");
    return url;
  }

 private:
  void ctl(std::vector<std::string> words) const {
    words.insert(words.begin(), {"ctl", "-q"});
    site_.rabbitmq(words);
  }
  const Site& site_;
};

const char* const kTwoAttempts = "retry: {attempts: 2, initial: 125ms}\nconcurrency: 2\n";

}  // namespace

TEST_CASE("rights: a user without any is told what gives them, not to create what there is") {
  NEEDS_NODE();
  Site site("", {"recorder"});
  User user(site, ".*", ".*");
  user.allow_nothing();
  site.configure("", User::url());
  const Ran refused = site.actiond({"enqueue", "record"});
  CHECK(refused.status == 1);
  CHECK(contains(refused.err, "does not let user 'limited' use the virtual host '/'"));
  CHECK(contains(refused.err, "allow it (rabbitmqctl set_permissions -p '/' 'limited' '.*'"));
}

TEST_CASE("rights: check names each one that is missing, and leaves no trace") {
  NEEDS_NODE();
  Site site("", {"recorder"});
  const std::string application = rabbit::application();
  User user(site, "^" + application + "$", "^$");
  site.configure("", User::url());
  const Ran refused = site.actiond({"check"});
  CHECK(refused.status == 1);
  CHECK(contains(refused.out, "may not write to the default exchange"));
  CHECK(contains(refused.out, "may not write to the exchange '" + application + ".delay.v1.27'"));
  CHECK(contains(refused.out, "may not read the queue '" + application + ".high'"));
  CHECK(contains(refused.out, "rabbitmqctl set_permissions -p '/' 'limited'"));
  rabbit::queue("record");  // what waits in a queue is no reason not to look
  CHECK(
      contains(site.actiond({"check"}).out, "may not read the queue '" + application + ".medium'"));
  CHECK(rabbit::take_all("medium").size() == 1);
  user.allow(".*");
  const Ran allowed = site.actiond({"check"});
  CHECK_MESSAGE(allowed.status == 0, allowed.out);
  const bool can_be_paused = !contains(allowed.out, application + ".pause.high' is not there");
  CHECK(can_be_paused == (site.actiond({"pause", "high"}).status == 0));
  (void)site.actiond({"resume", "high"});
  for (const char* queue : {"high", "medium", "low", "dead"}) CHECK(rabbit::ready(queue) == 0);
}

TEST_CASE(
    "rights: events with unique keys run if the user may not keep keys, and it is said once") {
  NEEDS_NODE();
  Site site("", {"recorder"});
  User user(site, ".*", ".*");
  site.configure("", User::url());
  site.start();
  action::Client client(test_broker(), {.application = rabbit::application()});
  for (int i = 0; i < 3; ++i)
    client.queue_action_event("record", {{"file", site.path("ran").native()}, {"text", "x"}},
                              {.unique = "k"});
  CHECK(site.wait_for_lines("ran", 3));
  CHECK(site.wait_for_log("unique keys can't be kept, and events run without them: "));
  CHECK(wait_until([&] { return rabbit::ready("medium") == 0; }));
  CHECK(count_of(site.log(), "unique keys can't be kept") == 1);
  CHECK(times_lost(site) == 0);
}

TEST_CASE("rights: a queue that may not be read holds up no other, and is said to be so") {
  NEEDS_NODE();
  Site site("", {"recorder"});
  const std::string application = rabbit::application();
  User user(site, ".*", "^(?!" + application + "[.]high$)");
  site.configure("", User::url());
  site.start();
  CHECK(site.wait_for_log("nothing is taken from the queue '" + application + ".high'"));
  for (int i = 0; i < 20; ++i)
    rabbit::queue("record", site.params("ran", R"("text": "x")"), i % 2 == 0 ? "medium" : "low");
  CHECK(site.wait_for_lines("ran", 20));
  rabbit::queue("record", site.params("high", R"("text": "x")"), "high");
  const Ran health = site.actiond({"health"});
  CHECK(health.status == 1);
  CHECK(contains(health.out, application + ".high"));
  CHECK(contains(site.actiond({"status"}).out, "nothing is taken from the queue"));
  CHECK(count_of(site.log(), "nothing is taken from the queue") == 1);
  const Ran migrated = site.actiond({"migrate", "--to", "sqlite:" + site.path("to.db").native()});
  CHECK(migrated.status == 1);
  CHECK_MESSAGE(contains(migrated.err, application + ".high"), migrated.out, migrated.err);
  user.allow(".*");
  CHECK(site.wait_for_lines("high", 1));
  CHECK(site.wait_for_log("all queues are consumed again"));
  CHECK(site.actiond({"health"}).status == 0);
  CHECK(times_lost(site) == 0);
}

TEST_CASE("rights: dead letters that may not be read are refused in the broker's words") {
  NEEDS_NODE();
  Site site("", {"recorder"});
  action::Message letter;
  letter.event = "record";
  letter.id = "a-letter";
  rabbit::bury({letter});
  const std::string dead = rabbit::application() + ".dead";
  User user(site, ".*", "^(?!" + rabbit::application() + "[.]dead$)");
  site.configure("", User::url());
  const Ran listed = site.actiond({"dead", "list"});
  CHECK(listed.status == 1);
  CHECK_MESSAGE(contains(listed.err, "the queue '" + dead + "', for the broker says: "),
                listed.err);
  CHECK(contains(listed.err, "ACCESS_REFUSED"));
}

TEST_CASE("rights: an outcome that can't be stored is kept, and everybody else goes on") {
  NEEDS_NODE();
  Site site(kTwoAttempts, {"recorder", "throws", "sleeper"});
  User user(site, "^" + rabbit::application() + "$", ".*");
  site.configure(kTwoAttempts, User::url());
  site.start();
  rabbit::queue("throws", site.params("failed", R"("succeeds_at": 2)"));
  CHECK(site.wait_for_log("can't be stored"));
  CHECK(contains(site.actiond({"status"}).out, "can't be stored"));
  rabbit::queue("record", site.params("ran", R"("text": "x")"));
  CHECK(site.wait_for_lines("ran", 1));
  user.allow(".*");
  CHECK(site.wait_for_lines("failed", 2));
  CHECK(site.wait_for_log("Finished processing medium:throws"));
  CHECK(site.lines("failed") == std::vector<std::string>{"1", "2"});
  CHECK(count_of(site.log(), "can't be stored") == 1);
  CHECK(times_lost(site) == 0);
}

TEST_CASE("rights: what can't be stored keeps no lower queue waiting, nor its own") {
  NEEDS_NODE();
  const std::string yaml = "retry: {attempts: 2, initial: 125ms}\nconcurrency: 1\nprefetch: 1\n";
  Site site(yaml, {"recorder", "throws"});
  User user(site, "^" + rabbit::application() + "$", ".*");
  site.configure(yaml, User::url());
  site.start();
  for (int failed = 1; failed <= 3; ++failed) {
    rabbit::queue("throws", site.params("failed", R"("succeeds_at": 2)"), "high");
    CHECK(site.wait_for_lines("failed", failed));
    rabbit::queue("record", site.params("ran", R"("text": "x")"), "low");
    rabbit::queue("record", site.params("ran", R"("text": "x")"), "high");
    CHECK(site.wait_for_lines("ran", 2 * failed));
  }
  user.allow(".*");
  CHECK(site.wait_for_lines("failed", 6));
  CHECK(times_lost(site) == 0);
}

TEST_CASE("rights: a key that may not be let go of any more is said to be so, once") {
  NEEDS_NODE();
  Site site("concurrency: 2\n", {"sleeper", "recorder"});
  User user(site, ".*", ".*");
  user.allow_all();
  site.configure("concurrency: 2\n", User::url());
  site.start();
  action::Client client(test_broker(), {.application = rabbit::application()});
  client.queue_action_event("sleep", {{"ms", 4000}}, {.unique = "long"});
  CHECK(site.wait_for_log("Processing medium:sleep"));
  // The broker remembers the last rights that it looked up, and looks no more.
  for (int i = 0; i < 8; ++i)
    client.queue_action_event("record", {{"file", site.path("ran").native()}, {"text", "x"}},
                              {.unique = std::to_string(i)});
  CHECK(site.wait_for_lines("ran", 8));
  user.allow(".*");
  CHECK(site.wait_for_log("Finished processing medium:sleep"));
  CHECK(site.wait_for_log("unique keys can't be kept"));
  CHECK(count_of(site.log(), "unique keys can't be kept") == 1);
  CHECK(times_lost(site) == 0);
}
