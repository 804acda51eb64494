// The verbs that look: status, perform, plugins, check; and enqueue in its other forms.
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "site.hpp"

using nlohmann::json;
namespace fs = std::filesystem;

namespace {

json json_of(Site& site, const std::vector<std::string>& words, int status = 0) {
  const Ran ran = site.actiond(words);
  CHECK_MESSAGE(ran.status == status, ran.err);
  const json parsed = json::parse(ran.out, nullptr, false);
  REQUIRE_MESSAGE(!parsed.is_discarded(), ran.out);
  return parsed;
}

json queue_of(const json& status, const std::string& name) {
  for (const auto& queue : status.at("queues"))
    if (queue.at("name") == name) return queue;
  FAIL("status shows no queue ", name);
  return {};
}

// A process that looks like poller 1 in its last moment: its control socket answers two who look
// whether somebody listens, and nobody who asks; it is gone shortly after its socket.
pid_t begin_leaving_poller(const fs::path& run_dir) {
  int ready[2] = {-1, -1};
  REQUIRE(::pipe(ready) == 0);
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    ::alarm(10);  // whatever becomes of the test
    sockaddr_un address{AF_UNIX, {}};
    const auto path = run_dir / ("poller.1." + std::to_string(::getpid()) + ".sock");
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
    ::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(listener, 1);
    ::close(ready[1]);
    for (int looks = 0; looks < 2; ++looks) ::close(::accept(listener, nullptr, nullptr));
    ::unlink(path.c_str());
    ::close(listener);
    ::usleep(300'000);
    ::_exit(0);
  }
  char none = 0;
  ::close(ready[1]);
  CHECK(::read(ready[0], &none, 1) == 0);  // it listens
  ::close(ready[0]);
  return pid;
}

}  // namespace

TEST_CASE("commands: status shows the event in hand, what is done, and the queues") {
  NEEDS_BROKER();
  Site site("", {"sleeper", "throws"});
  const pid_t poller = site.start(3);
  rabbit::queue("throws");
  REQUIRE(site.wait_for_log("Error processing medium:throws", 3));
  rabbit::queue("sleep", "{}", "high");
  REQUIRE(site.wait_for_log("Finished processing high:sleep", 3));
  rabbit::queue("sleep", site.params("slept", R"("ms": 60000)"));
  rabbit::queue("sleep", "{}", "low", 4);
  REQUIRE(site.wait_for_lines("slept", 1));
  REQUIRE(wait_until([] { return rabbit::ready("low") == 4; }));

  const json status = json_of(site, {"status", "--json"});
  REQUIRE(status.at("pollers").size() == 1);
  const json& shown = status.at("pollers")[0];
  CHECK(shown.at("id") == 3);
  CHECK(shown.at("pid") == poller);
  CHECK(shown.at("state") == "working");
  CHECK(shown.at("done") == 1);
  CHECK(shown.at("failed") == 1);
  REQUIRE(shown.at("in_hand").size() == 1);
  CHECK(shown.at("in_hand")[0].at("event") == "sleep");
  CHECK(shown.at("in_hand")[0].at("queue") == "medium");
  CHECK(shown.at("in_hand")[0].at("for_ms") > 0);
  CHECK(queue_of(status, "low").at("ready") == 4);
  CHECK(queue_of(status, "dead").at("ready") == 1);

  const Ran text = site.actiond({"status"});
  CHECK(text.status == 0);
  CHECK(contains(text.out, std::to_string(poller)));
  CHECK(contains(text.out, "sleep"));
}

TEST_CASE("commands: status shows no password, and pollers even if the broker is down") {
  NEEDS_BROKER();
  Site site("", {"hello_world"});
  const pid_t poller = site.start();
  const std::string healthy = site.actiond({"status", "--json"}).out;
  CHECK(!contains(healthy, "guest:guest"));
  site.configure("", "amqp://guest:s3cr3t@127.0.0.1:1/%2f");
  const json status = json_of(site, {"status", "--json"});
  CHECK(status.at("pollers").at(0).at("pid") == poller);
  const std::string problem = status.at("broker").at("error");
  CHECK(contains(problem, "127.0.0.1:1"));
  CHECK(!contains(status.dump(), "s3cr3t"));
}

TEST_CASE("commands: status without pollers is no failure") {
  NEEDS_BROKER();
  Site site;
  CHECK(json_of(site, {"status", "--json"}).at("pollers") == json::array());
  CHECK(site.actiond({"status"}).status == 0);
}

TEST_CASE("commands: status tells of a poller that was killed") {
  NEEDS_BROKER();
  Site site("", {"hello_world"});
  const pid_t poller = site.start();
  end_process(poller);
  const json status = json_of(site, {"status", "--json"});
  REQUIRE(status.at("pollers").size() == 1);
  CHECK(status.at("pollers")[0].at("state") == "gone");
  const pid_t next = site.start();
  CHECK(json_of(site, {"status", "--json"}).at("pollers").at(0).at("pid") == next);
}

TEST_CASE("commands: stop --all stops every poller of this installation") {
  NEEDS_BROKER();
  Site site("", {"hello_world"}), other("", {"hello_world"});
  const pid_t stranger = other.start();
  CHECK(site.actiond({"start", "--id", "1,2,5"}).status == 0);
  const auto console = site.begin({"run"});
  REQUIRE(wait_until([&] { return rabbit::consumers("medium") == 5; }));
  const Ran ran = site.actiond({"stop", "--all"});
  CHECK_MESSAGE(ran.status == 0, ran.err);
  CHECK(site.pollers().empty());
  CHECK(console->wait().status == 0);
  CHECK(is_running(stranger));
  CHECK(site.actiond({"stop", "--all"}).status == 0);
}

TEST_CASE("commands: stop waits for a poller that is already leaving") {
  Site site("", {}, Site::kWithoutRabbit);
  site.configure("", "amqp://127.0.0.1:1");
  fs::create_directory(site.path("run"));
  const pid_t leaving = begin_leaving_poller(site.path("run"));
  const Ran ran = site.actiond({"stop", "--id", "1"});
  CHECK_MESSAGE(ran.status == 0, ran.err);
  CHECK(contains(ran.out, "poller 1 (pid " + std::to_string(leaving) + ") has stopped"));
  CHECK(::waitpid(leaving, nullptr, WNOHANG) == leaving);
}

TEST_CASE("commands: enqueue takes many from standard input, and words as params") {
  NEEDS_BROKER();
  Site site;
  const Ran many = site.actiond({"enqueue", "e", "-", "--queue", "low"}, "{\"n\": 1}\n{}\n\n{}");
  CHECK_MESSAGE(many.status == 0, many.err);
  CHECK(count_of(many.out, "\n") == 3);
  CHECK(rabbit::ready("low") == 3);

  REQUIRE(site.actiond({"enqueue", "e", "to=ann", "n=3", "text=\"7\"", "list=[1]"}).status == 0);
  const auto taken = rabbit::take_all("medium");
  REQUIRE(taken.size() == 1);
  CHECK(json::parse(taken[0].body) == json{{"to", "ann"}, {"n", 3}, {"text", "7"}, {"list", {1}}});
  CHECK(taken[0].type == "e");
}

TEST_CASE("commands: perform runs an event without a broker, and its status tells the outcome") {
  NEEDS_BROKER();
  Site site("", {"hello_world", "throws", "segfault", "hang", "floods", "snoozer"});
  site.configure("", "amqp://127.0.0.1:1");
  const Ran hello = site.actiond({"perform", "hello_world", "name=Ada"});
  CHECK_MESSAGE(hello.status == 0, hello.err);
  CHECK(contains(hello.out + hello.err, "hello Ada"));
  const Ran thrown = site.actiond({"perform", "throws", R"({"what": "no account"})"});
  CHECK(thrown.status == 1);
  CHECK(contains(thrown.err, "no account"));
  const Ran crashed = site.actiond({"perform", "segfault"});
  CHECK(crashed.status == 1);
  CHECK(contains(crashed.err, "SIGSEGV"));
  const Ran hung = site.actiond({"perform", "hang", "--timeout", "300ms"});
  CHECK(hung.status == 1);
  CHECK(contains(hung.err, "timed out"));
  const Ran queued = site.actiond({"perform", "floods", "count=2", "queue=low"});
  CHECK(queued.status == 0);
  CHECK(count_of(queued.out, "low:sink") == 2);
  CHECK(rabbit::ready("low") == 0);
  CHECK(site.actiond({"perform", "snoozer"}).status == 1);
  CHECK(json_of(site, {"perform", "hello_world", "--json"}).at("outcome") == "done");
}

TEST_CASE("commands: what a closed standard stream was to take goes nowhere else") {
  NEEDS_BROKER();
  Site site;
  const auto enqueue = [&](const std::string& how) {
    const auto command = std::string("exec ") + ACTIOND + " enqueue noop - --config " +
                         site.path("config/actiond.yaml").native() + " " + how;
    return Process({"/bin/sh", "-c", command}, site.path("output/closed"), "{}\n{}\n").wait();
  };
  const Ran mute = enqueue(">&-");
  CHECK(mute.status == 1);
  CHECK(contains(mute.err, "the output could not be written: Bad file descriptor"));
  CHECK(rabbit::ready("medium") == 2);  // the broker understood all of it
  CHECK(enqueue(">&- 2>&-").status == 1);
  CHECK(rabbit::ready("medium") == 4);
  const Ran deaf = enqueue("<&-");
  CHECK(deaf.status == 1);
  CHECK(contains(deaf.err, "can't read standard input: Bad file descriptor"));
}

TEST_CASE("commands: perform has gdb run the same call, without a time limit") {
  NEEDS_BROKER();
  Site site;
  std::ofstream(site.path("gdb")) << "#!/bin/sh\nprintf '%s\\n' \"$@\"\n";
  std::filesystem::permissions(site.path("gdb"), std::filesystem::perms::owner_all);
  const std::vector<std::string> words{ACTIOND, "perform",   "record", "a=1",
                                       "--gdb", "--timeout", "1s"};
  Process with(words, site.path("output/gdb"), "", {{"PATH", site.path("")}});
  const Ran ran = with.wait();
  CHECK_MESSAGE(ran.status == 0, ran.err);
  CHECK(contains(ran.out, "\nrun\n--args\n" ACTIOND "\nperform\n--unlimited\nrecord\na=1\n"));
  CHECK(contains(ran.out, "-ex\nset follow-fork-mode child\n"));
  Process without(words, site.path("output/none"), "", {{"PATH", site.path("output")}});
  const Ran none = without.wait();
  CHECK(none.status == 1);
  CHECK(none.err == "actiond: gdb is not installed: install the package gdb\n");
}

TEST_CASE("commands: plugins shows what each provides, and what is wrong with which") {
  NEEDS_BROKER();
  Site site("",
            {"hello_world", "wrong_abi", "unresolved", "constructor_crash", "constructor_throws"});
  site.install_text("text.so", "no library\n");
  const Ran shown = site.actiond({"plugins"});
  CHECK(shown.status == 1);
  CHECK(contains(shown.out, "hello_world"));
  for (const char* part : {"wrong_abi.so", "unresolved.so", "constructor_crash.so",
                           "what():  no server of this name", "text.so"})
    CHECK_MESSAGE(contains(shown.err, part), shown.err);
  const Ran good = site.actiond({"plugins", plugin_file("hello_world")});
  CHECK_MESSAGE(good.status == 0, good.err);
  const json listed = json_of(site, {"plugins", "--json", plugin_file("snoozer")});
  CHECK(listed.at("plugins").at(0).at("events").at(0).at("name") == "snoozer");
}

TEST_CASE("commands: check tells whether a poller would start, a line each") {
  NEEDS_BROKER();
  Site site("", {"hello_world"});
  const Ran good = site.actiond({"check"});
  CHECK_MESSAGE(good.status == 0, good.out);
  site.install("setup_fails");
  site.configure("", "amqp://guest:s3cr3t@127.0.0.1:1/%2f");
  const Ran bad = site.actiond({"check"});
  CHECK(bad.status == 1);
  CHECK(contains(bad.out, "no database at db.example.org"));
  CHECK(contains(bad.out, "127.0.0.1:1"));
  CHECK(contains(bad.err, "no database at db.example.org"));
  CHECK(count_of(bad.err, "\n") == 1);
  CHECK(!contains(bad.out + bad.err, "s3cr3t"));
}
