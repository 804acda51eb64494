// An old host's structs are smaller, a new one's bigger: the SDK reads what both sides know.
#include <dlfcn.h>
#include <doctest/doctest.h>

#include <action/event.hpp>
#include <cstddef>
#include <string>

namespace {

bool is_called = false;

class AskingEvent : public action::Event {
 public:
  void process() override {
    log("hello");
    CHECK_FALSE(cancelled());
    CHECK(config("key").is_null());
    CHECK(attempt() == 2);
    CHECK(attempts() == 0);
    CHECK(enqueued_at() == std::chrono::system_clock::time_point());
    queue_action_event("audit");
  }
};

class NotingEvent : public action::Event {
 public:
  void process() override { log("hello"); }
};

action_host host_that_must_not_be_called() {
  action_host host{};
  host.log = [](void*, action_level, const char*, std::uint64_t) { is_called = true; };
  host.queue_event = [](void*, const action_request*, char*) -> const char* {
    is_called = true;
    return nullptr;
  };
  host.config = [](void*, const char*) -> const char* {
    is_called = true;
    return "1";
  };
  host.is_cancelled = [](void*) -> std::int32_t { return is_called = true; };
  host.set_reason = [](void*, const char*, std::uint64_t) { is_called = true; };
  return host;
}

action_run old_run(std::uint32_t size) {
  return {size, 2, "asking", "id", "medium", "{}", 2, 86400000, 5, 0, nullptr, 0};
}

}  // namespace

TEST_CASE("struct size: a function beyond the host's size isn't called") {
  is_called = false;
  action_host host = host_that_must_not_be_called();
  host.size = offsetof(action_host, log);
  const action_run run = old_run(offsetof(action_run, enqueued_at_ms));
  CHECK(action::detail::run_event<AskingEvent>(nullptr, &host, &run) == ACTION_FAILED);
  CHECK_FALSE(is_called);
}

TEST_CASE("struct size: a function within it is, if only half of the next one fits") {
  is_called = false;
  action_host host = host_that_must_not_be_called();
  host.size = offsetof(action_host, queue_event) + 4;
  const action_run run = old_run(offsetof(action_run, enqueued_at_ms));
  CHECK(action::detail::run_event<AskingEvent>(nullptr, &host, &run) == ACTION_FAILED);
  CHECK(is_called);
}

TEST_CASE("struct size: a null function of the host isn't called") {
  action_host host{};
  host.size = sizeof host;
  const action_run run = old_run(offsetof(action_run, enqueued_at_ms));
  CHECK(action::detail::run_event<AskingEvent>(nullptr, &host, &run) == ACTION_FAILED);
}

TEST_CASE("struct size: a newer host's bigger table serves as the one known") {
  struct NewHost {
    action_host known = host_that_must_not_be_called();
    void (*later)() = nullptr;
  } host;
  is_called = false;
  host.known.size = sizeof host;
  const action_run run = old_run(offsetof(action_run, enqueued_at_ms));
  CHECK(action::detail::run_event<NotingEvent>(nullptr, &host.known, &run) == ACTION_DONE);
  CHECK(is_called);
}

TEST_CASE("struct size: what a plugin that was built hands out says its own size") {
  void* const library = ::dlopen(PLUGIN_V1, RTLD_NOW | RTLD_LOCAL);
  REQUIRE_MESSAGE(library, ::dlerror());
  const auto* plugin =
      static_cast<const action_plugin_descriptor*>(::dlsym(library, ACTION_PLUGIN_SYMBOL));
  REQUIRE(plugin);
  CHECK(plugin->size == sizeof(action_plugin_descriptor));
  CHECK(plugin->abi_major == 1);
  CHECK(plugin->abi_minor >= 1);
  CHECK(std::string(plugin->sdk_version) == PROJECT_VERSION);
  std::uint32_t count = 0;
  const action_event* const* const events = plugin->events(&count);
  REQUIRE(count == 1);
  CHECK(events[0]->size == sizeof(action_event));
  ::dlclose(library);
}
