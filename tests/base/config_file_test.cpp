// Which file is read, and what is relative to it.
#include <sys/stat.h>
#include <unistd.h>

#include "config_scene.hpp"
#include "skipping.hpp"

using namespace actiond;
using namespace actiond::test;

namespace {

std::string application_of(const ConfigSource& source) {
  const auto loaded = load_config(source);
  return loaded.ok() ? loaded->application : "refused: " + loaded.error().text;
}

}  // namespace

TEST_CASE("config file: what is shipped is what is built in") {
  const ConfigScene scene;
  const Config shipped = scene.config(read(SHIPPED_CONFIG));
  CHECK(shipped == scene.config(""));
  CHECK(shipped.plugins == scene.dir().parent_path() / "plugins.d");
  CHECK(shipped.run_dir == scene.dir().parent_path() / "run");
}

TEST_CASE("config file: none is all defaults, in the working directory") {
  const ConfigScene scene;
  if (fs::exists("/etc/actiond/actiond.yaml")) SKIP_TEST("this machine has a configuration");
  const auto loaded = load_config({});
  REQUIRE(loaded.ok());
  Config expected;
  expected.plugins = scene.dir() / "plugins.d";
  expected.run_dir = scene.dir() / "run";
  CHECK(*loaded == expected);
}

TEST_CASE("config file: --config, $ACTIOND_CONFIG, ./config/actiond.yaml, ./actiond.yaml") {
  const ConfigScene scene;
  scene.write("actiond.yaml", "application: here");
  CHECK(application_of({}) == "here");
  scene.write("config/actiond.yaml", "application: below");
  CHECK(application_of({}) == "below");
  scene.write("variable.yaml", "application: variable");
  const Variable variable("ACTIOND_CONFIG", "variable.yaml");
  CHECK(application_of({}) == "variable");
  scene.write("given.yaml", "application: given");
  CHECK(application_of({"given.yaml", ""}) == "given");
}

TEST_CASE("config file: paths are relative to the file, and absolute once loaded") {
  const ConfigScene scene;
  scene.write("etc/a.yaml", "plugins: so\nrun_dir: /var/x/../run\nlog: {file: ../log/a.log}\n");
  const auto loaded = load_config({"etc/a.yaml", ""});
  REQUIRE(loaded.ok());
  CHECK(loaded->file == scene.dir() / "etc/a.yaml");
  CHECK(loaded->plugins == scene.dir() / "etc/so");
  CHECK(loaded->run_dir == "/var/run");
  CHECK(loaded->log.file == scene.dir() / "log/a.log");
}

TEST_CASE("config file: one that was named must be there and readable") {
  const ConfigScene scene;
  CHECK(application_of({"no.yaml", ""}) ==
        "refused: can't open the configuration 'no.yaml': No such file or directory");
  CHECK(application_of({".", ""}) == "refused: can't read the configuration '.': Is a directory");
  const Variable variable("ACTIOND_CONFIG", "no.yaml");
  CHECK(application_of({}) ==
        "refused: can't open the configuration 'no.yaml': No such file or directory (named by "
        "$ACTIOND_CONFIG)");
}

TEST_CASE("config file: one that is looked up is not passed over if it can't be read") {
  const ConfigScene scene;
  fs::create_directories("config");
  fs::create_symlink("actiond.yaml", "config/actiond.yaml");  // a link to itself
  scene.write("actiond.yaml", "application: here");
  CHECK(application_of({}) ==
        "refused: can't open the configuration 'config/actiond.yaml': Too many levels of symbolic "
        "links");
}

TEST_CASE("config file: one without end is not read to the end") {
  const ConfigScene scene;
  CHECK(application_of({"/dev/zero", ""}).find("'/dev/zero'") != std::string::npos);
}

TEST_CASE("config file: a pipe is read to its end, and not waited for where nobody writes") {
  const ConfigScene scene;
  REQUIRE(::mkfifo("pipe", 0600) == 0);
  CHECK(application_of({"pipe", ""}) ==
        "refused: the configuration 'pipe' is a pipe that nobody writes to: name a file");
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const std::string text = "application: here";
  REQUIRE(::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  ::close(ends[1]);
  CHECK(application_of({"/dev/fd/" + std::to_string(ends[0]), ""}) == "here");
  ::close(ends[0]);
}

TEST_CASE("config file: root obeys none that others could write to") {
  NEEDS_ROOT();
  const ConfigScene scene;
  const auto path = scene.write("actiond.yaml", "application: here");
  REQUIRE(::chmod(path.c_str(), 0666) == 0);
  CHECK(application_of({}) ==
        "refused: the configuration: 'actiond.yaml' can be written by everyone: refused when "
        "running as root; chmod o-w actiond.yaml");
}

TEST_CASE("config file: an environment needs a file that has it") {
  const ConfigScene scene;
  if (fs::exists("/etc/actiond/actiond.yaml")) SKIP_TEST("this machine has a configuration");
  CHECK(application_of({"", "production"}) ==
        "refused: there is no configuration file, so no environment 'production' (of -e): name the "
        "file with --config");
}
