// generate event NAME: a plugin that builds, with a test that passes, to be filled in.
#include <fmt/format.h>

#include <fstream>
#include <memory>
#include <sstream>

#include "base/fd.hpp"
#include "commands/command.hpp"
#include "commands/terminal/event_template.hpp"

namespace actiond {
namespace {

namespace fs = std::filesystem;

struct GenerateFlags {
  std::string what;
  std::string name;
  std::string directory = "events";
};

class Generate {
 public:
  Generate(EventNames names, fs::path directory)
      : names_(std::move(names)), directory_(std::move(directory)) {}

  // Looks at everything before it writes anything.
  Result<void> run() {
    const fs::path event = directory_ / (names_.event + "_event.cpp");
    const fs::path test = directory_ / (names_.event + "_test.cpp");
    const fs::path base = directory_ / "application_event.hpp";
    for (const auto& file : {event, test})
      if (fs::exists(file))
        return Error{fmt::format("{} exists already and was not changed", file.native())};
    auto project = read_project();
    if (!project) return project.error();
    std::error_code error;
    fs::create_directories(directory_, error);
    if (error)
      return Error{
          fmt::format("can't create the directory {}: {}", directory_.native(), error.message())};
    if (!fs::exists(base))
      if (auto made = write(base, base_text()); !made) return made;
    if (auto made = write(event, event_text(names_)); !made) return made;
    if (auto made = write(test, test_text(names_)); !made) return made;
    return write(project_path(), *project + project_line(names_));
  }

 private:
  fs::path project_path() const { return directory_ / "CMakeLists.txt"; }

  // What stands before the new event's line.
  Result<std::string> read_project() const {
    if (!fs::exists(project_path())) return project_text();
    std::ifstream file(project_path());
    std::stringstream text;
    text << file.rdbuf();
    if (is_generated_project(text.str())) return text.str();
    return Error{
        fmt::format("{} is not one that this command made: name another directory, as in "
                    "actiond generate event {} {}",
                    project_path().native(), names_.event, (directory_ / "events").native())};
  }

  static Result<void> write(const fs::path& path, const std::string& text) {
    const bool is_new = !fs::exists(path);
    std::ofstream file(path);
    file << text << std::flush;
    if (!file) return errno_error("write", path.native());
    fmt::print("{} {}\n", is_new ? "created" : "added to", path.native());
    return {};
  }

  EventNames names_;
  fs::path directory_;
};

Result<void> check_what(const std::string& what) {
  if (what == "event") return {};
  return Error{"only events can be generated: write actiond generate event NAME"};
}

void print_next_steps(const Common& common, const GenerateFlags& flags, const EventNames& names) {
  const auto config = load_config(common.source);
  fmt::print(
      "\nBuild and test it, try it, deploy it:\n"
      "  cmake -S {0} -B {0}/build && cmake --build {0}/build && ctest --test-dir {0}/build\n"
      "  cp {0}/build/{1}.so {2}/\n"
      "  actiond perform {1} name=Ada\n",
      flags.directory, names.event,
      config ? config->plugins.native() : std::string("PLUGIN_DIRECTORY"));
}

Result<int> generate(const Common& common, const GenerateFlags& flags) {
  const auto names = event_names(flags.name);
  if (auto made = Generate(*names, flags.directory).run(); !made) return made.error();
  print_next_steps(common, flags, *names);
  return kDone;
}

}  // namespace

void add_generate(CLI::App& app, Common& common) {
  auto flags = std::make_shared<GenerateFlags>();
  auto* verb = add_verb(app, common, "generate", "write a plugin with a new event",
                        "Example:  actiond generate event HelloWorld\n"
                        "          actiond generate event send_email src/events\n"
                        "Events of one directory share a project and their ApplicationEvent.",
                        [&common, flags] { return generate(common, *flags); });
  checked(verb->add_option("event", flags->what, "the word event"), check_what)
      ->required()
      ->type_name("event");
  checked(verb->add_option("name", flags->name, "hello_world or HelloWorld"), event_names)
      ->required()
      ->type_name("NAME");
  verb->add_option("directory", flags->directory, "the directory (default: ./events)")
      ->type_name("DIR");
}

}  // namespace actiond
