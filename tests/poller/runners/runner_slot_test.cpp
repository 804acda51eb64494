// Slots with real runners and plugins that misbehave; the broker has no part in it.
#include "poller/runners/runner_slot.hpp"

#include <doctest/doctest.h>
#include <poll.h>

#include <map>

using namespace actiond;
using namespace std::chrono_literals;

namespace {

struct SlotScene final : SlotListener {
  DeliveryPool pool;
  RunnerSlot slot{*this};
  std::string refused;
  std::vector<std::string> ended;     // "event: ending reason"
  std::vector<std::string> returned;  // events
  std::vector<std::string> logged;
  std::map<std::string, int> queued;
  std::string died;
  bool is_dead = false;

  explicit SlotScene(std::vector<std::string> plugins) {
    RunnerSetup setup;
    for (const auto& plugin : plugins) setup.files.push_back(TEST_PLUGINS "/" + plugin + ".so");
    setup.queues = {"high"};
    setup.default_queue = "high";
    REQUIRE(slot.start(to_text(setup)).ok());
    wait_until([&] { return slot.is_ready() || !refused.empty(); });
  }
  ~SlotScene() override { slot.abandon(); }

  void on_ready(RunnerSlot&, const LoadReport&) override {}
  void on_refused(RunnerSlot&, const std::string& why) override { refused = why; }
  void on_ended(RunnerSlot&, DeliveryPointer delivery) override {
    ended.push_back(delivery->message.event + ": " + name(delivery->outcome.ending) +
                    (delivery->outcome.reason.empty() ? "" : " " + delivery->outcome.reason));
    delivery->is_settled = true;
  }
  void on_returned(DeliveryPointer delivery) override {
    returned.push_back(delivery->message.event);
    delivery->is_settled = true;
  }
  void on_queued(Delivery&, const QueueFrame& frame) override {
    ++queued[std::string(frame.event)];
  }
  void on_logged(Delivery*, const LogFrame& frame) override { logged.emplace_back(frame.text); }
  void on_died(RunnerSlot&, bool, const std::string& how) override {
    died = how;
    is_dead = true;
  }

  void hand(const std::string& event, const std::string& params = "{}") {
    DeliveryPointer delivery = pool.get();
    delivery->message.event = event;
    delivery->message.id = "id-" + event;
    delivery->message.body = params;
    slot.hand(std::move(delivery));
    slot.process().flush();
  }

  // Reads and reaps until the condition holds; a runner that never gets there fails the test.
  template <typename Condition>
  void wait_until(Condition condition) {
    for (const auto until = monotonic_now() + 20s; !condition();) {
      REQUIRE(monotonic_now() < until);
      if (slot.is_alive()) {
        pollfd fds[] = {{slot.process().socket(), POLLIN, 0}, {slot.process().pidfd(), POLLIN, 0}};
        ::poll(fds, 2, 100);
        slot.receive();
        slot.bury_if_dead();
      }
    }
  }
  void wait_for_ends(std::size_t count) {
    wait_until([&] { return ended.size() >= count; });
  }
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("slot: a pipe of runs ends in order") {
  SlotScene scene({"noop", "throws"});
  for (int i = 0; i < 50; ++i) scene.hand("noop");
  scene.hand("throws");
  scene.hand("noop");
  scene.wait_for_ends(52);
  CHECK(scene.ended.front() == "noop: done");
  CHECK(scene.ended[50].starts_with("throws: failed"));
  CHECK(scene.ended.back() == "noop: done");
}

TEST_CASE("slot: an event that no plugin provides, and params that are no object") {
  SlotScene scene({"noop"});
  scene.hand("nothing");
  scene.hand("noop", "[1]");
  scene.hand("noop", "{");
  scene.hand("noop", "");
  scene.wait_for_ends(4);
  CHECK(scene.ended == Texts{"nothing: unknown no plugin provides the event 'nothing'",
                             "noop: malformed its body is no JSON object",
                             "noop: malformed its body is no JSON object", "noop: done"});
}

TEST_CASE("slot: a crash is charged to the run in hand alone, by its signal's name") {
  const std::map<std::string, std::string> causes{{"segfault", "SIGSEGV"},
                                                  {"abort", "SIGABRT"},
                                                  {"exit0", "exit status 0"},
                                                  {"stack_overflow", "SIGSEGV"},
                                                  {"grandchild", ""}};
  for (const auto& [plugin, cause] : causes) {
    CAPTURE(plugin);
    SlotScene scene({"noop", plugin});
    scene.hand("noop");
    scene.hand(plugin);
    scene.hand("noop");
    scene.wait_until([&] { return scene.is_dead; });
    REQUIRE(scene.ended.size() == 2);
    CHECK(scene.ended[0] == "noop: done");
    CHECK(scene.ended[1].starts_with(plugin + ": crashed crashed: " + cause));
    CHECK(scene.ended[1].ends_with(" in " + plugin));
    CHECK(scene.returned == Texts{"noop"});
  }
}

TEST_CASE("slot: what has not begun can be taken back, what runs can't") {
  SlotScene scene({"sleeper", "noop"});
  scene.hand("sleep", R"({"ms":300})");
  scene.wait_until([&] { return scene.slot.in_hand() != nullptr; });
  scene.hand("noop");
  scene.hand("noop");
  scene.slot.recall();
  CHECK(scene.returned == Texts{"noop", "noop"});
  scene.hand("noop");
  scene.wait_for_ends(2);
  CHECK(scene.ended == Texts{"sleep: done", "noop: done"});
}

TEST_CASE("slot: a killed run ends as it was told, and the rest of the pipe comes back") {
  SlotScene scene({"hang", "noop"});
  scene.hand("hang");
  scene.wait_until([&] { return scene.slot.in_hand() != nullptr; });
  scene.hand("noop");
  scene.slot.kill(Ending::TimedOut, "timed out");
  scene.wait_until([&] { return scene.is_dead; });
  CHECK(scene.ended == Texts{"hang: timed out timed out"});
  CHECK(scene.returned == Texts{"noop"});
}

TEST_CASE("slot: what a handler queues and logs comes before its end") {
  SlotScene scene({"floods", "chatty"});
  scene.hand("floods", R"({"count":500})");
  scene.hand("chatty");
  scene.wait_for_ends(2);
  CHECK(scene.queued == std::map<std::string, int>{{"sink", 500}});
  CHECK(scene.logged.size() == 1000);
}

TEST_CASE("slot: plugins that can't be used are refused by name and reason") {
  const std::map<std::string, std::string> reasons{
      {"wrong_abi", "rebuild it with the installed SDK"},
      {"no_symbol", "exports no symbol"},
      {"unresolved", "undefined symbol"},
      {"setup_fails", "setup failed"},
      {"constructor_crash", "crashed the runner while it was loaded (SIG"},
  };
  for (const auto& [plugin, reason] : reasons) {
    CAPTURE(plugin);
    SlotScene scene({plugin});
    CHECK(scene.refused.find("plugin " + plugin + ".so") != std::string::npos);
    CHECK(scene.refused.find(reason) != std::string::npos);
    CHECK(scene.refused.find('\n') == std::string::npos);
  }
}

TEST_CASE("slot: an event that two plugins provide is refused, naming both") {
  RunnerSetup setup;
  SlotScene scene({"noop", "noop"});
  CHECK(scene.refused.find("noop.so provides the event 'noop'") != std::string::npos);
}

TEST_CASE("slot: a dismissed runner leaves without a word of blame") {
  SlotScene scene({"noop"});
  scene.slot.dismiss();
  scene.wait_until([&] { return scene.is_dead; });
  CHECK(scene.died.empty());
}
