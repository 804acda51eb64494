// Slots with real runners and plugins that misbehave; the broker has no part in it.
#include <doctest/doctest.h>

#include "slot_scene.hpp"

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
                             "noop: malformed its body is not a JSON object: it begins with byte "
                             "0x5b at byte 0, not with '{'",
                             "noop: malformed its body is not a JSON object: it ends too early, at "
                             "byte 1",
                             "noop: done"});
}

TEST_CASE("slot: a crash is charged to the run in hand alone, by its signal's name") {
  const std::map<std::string, std::string> causes{{"segfault", "SIGSEGV"},
                                                  {"abort", "SIGABRT"},
                                                  {"exit0", "exit status 0"},
                                                  {"stack_overflow", "SIGSEGV"},
                                                  {"grandchild", ""}};
  for (const auto& row : causes) {
    const auto& plugin = row.first;
    const auto& cause = row.second;
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
      {"constructor_throws", "crashed the runner while it was loaded (SIGABRT)"},
  };
  for (const auto& row : reasons) {
    const auto& plugin = row.first;
    const auto& reason = row.second;
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

TEST_CASE("slot: a library that a plugin brings along wins over actiond's own of that name") {
  SlotScene scene({"bundles_a"});
  scene.hand("bundles_a");
  scene.wait_for_ends(1);
  CHECK(scene.logged == Texts{"a"});
}

TEST_CASE("slot: a plugin that gets another's library of the same name is warned of") {
  SlotScene scene({"bundles_a", "bundles_b"});
  REQUIRE(scene.refused.empty());
  REQUIRE(scene.logged.size() == 1);
  CHECK(scene.logged[0].starts_with("plugin bundles_b.so gets librabbitmq.so.4 from "));
}
