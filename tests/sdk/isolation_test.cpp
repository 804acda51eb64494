// Two plugins in one process, with the same class in both, share nothing.
#include <dlfcn.h>
#include <doctest/doctest.h>

#include <action/event.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace {

const action_plugin_descriptor& load(const char* file) {
  void* library = ::dlopen(file, RTLD_NOW | RTLD_LOCAL);
  REQUIRE_MESSAGE(library, ::dlerror());
  const void* symbol = ::dlsym(library, ACTION_PLUGIN_SYMBOL);
  REQUIRE(symbol);
  return *static_cast<const action_plugin_descriptor*>(symbol);
}

// Runs the plugin's only event, "version", which appends the plugin's version to the file.
void run_by_host(const action_plugin_descriptor& plugin, const std::string& file) {
  std::uint32_t count = 0;
  const action_event* const* events = plugin.events(&count);
  REQUIRE(count == 1);
  const std::string params = nlohmann::json{{"file", file}, {"text", "ran"}}.dump();
  const action_run run{sizeof(action_run), 1, "version", "id", "medium", params.data(),
                       params.size(),      0, 1,         0,    nullptr,  0};
  CHECK(events[0]->run(events[0]->ctx, nullptr, &run) == ACTION_DONE);
}

}  // namespace

TEST_CASE("isolation: plugins with the same class each run their own") {
  char directory[] = "/tmp/action_isolation.XXXXXX";
  REQUIRE(::mkdtemp(directory));
  const std::string file = std::string(directory) + "/versions";
  const auto& first = load(PLUGIN_V1);
  const auto& second = load(PLUGIN_V2);
  CHECK(std::string(first.name) == "version_v1");
  CHECK(std::string(second.version) == "v2");
  run_by_host(first, file);
  run_by_host(second, file);

  std::string lines[2];
  std::ifstream written(file);
  std::getline(written, lines[0]);
  std::getline(written, lines[1]);
  CHECK(lines[0] == "v1 ran");
  CHECK(lines[1] == "v2 ran");
  std::filesystem::remove_all(directory);
}
