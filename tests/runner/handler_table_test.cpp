#include "runner/handler_table.hpp"

#include <doctest/doctest.h>

#include "client/names.hpp"

using namespace actiond;

namespace {

Result<void> add(HandlerTable& handlers, const std::string& plugin, PluginInfo& info) {
  auto library = PluginLibrary::load(TEST_PLUGINS "/" + plugin + ".so");
  REQUIRE(library.ok());
  info = library->info();
  return handlers.add(*library, info);
}

}  // namespace

TEST_CASE("handlers: a plugin's events are found by their names, and listed") {
  HandlerTable handlers;
  PluginInfo info;
  REQUIRE(add(handlers, "noop", info).ok());
  REQUIRE(info.events.size() == 1);
  CHECK(info.events[0].name == "noop");
  REQUIRE(handlers.find("noop") != nullptr);
  CHECK(std::string(handlers.find("noop")->name) == "noop");
  CHECK(handlers.find("noo") == nullptr);
  CHECK(handlers.find("") == nullptr);
}

TEST_CASE("handlers: a name that another plugin has is refused, naming the file that has it") {
  HandlerTable handlers;
  PluginInfo info;
  REQUIRE(add(handlers, "noop", info).ok());
  const auto taken = add(handlers, "noop", info);
  REQUIRE_FALSE(taken.ok());
  CHECK(taken.error().text.find("noop.so provides the event 'noop'") != std::string::npos);
  CHECK(taken.error().text.find("noop.so has already") != std::string::npos);
}

TEST_CASE("handlers: a name that no event can have is refused in the words of all others") {
  HandlerTable handlers;
  PluginInfo info;
  const auto added = add(handlers, "badly_named", info);
  REQUIRE_FALSE(added.ok());
  CHECK(added.error().text ==
        "plugin badly_named.so: " + action::check_event("Send Mail").error().text);
}
