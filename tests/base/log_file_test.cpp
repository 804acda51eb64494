#include "base/log.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <regex>
#include <vector>

#include "allocations.hpp"
#include "base/fd.hpp"
#include "log_scene.hpp"

using namespace actiond;
using namespace actiond::test;
using namespace std::chrono_literals;

TEST_CASE("log: a file is created for its owner and group, and appended to") {
  const LogScene scene;
  const mode_t before = ::umask(0);
  scene.open().info("a");
  ::umask(before);
  struct ::stat found {};
  REQUIRE(::stat(scene.file.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0640);
  scene.open().info("b");
  CHECK(scene.lines() == Lines{"a", "b"});
}

TEST_CASE("log: a file that can't be opened is an error") {
  const auto log = Log::open({LogLevel::Info, LogFormat::Text, "/nonexistent/x.log"});
  REQUIRE_FALSE(log.ok());
  CHECK(log.error().text == "can't open the log '/nonexistent/x.log': No such file or directory");
}

TEST_CASE("log: after logrotate moved it, the file is opened anew") {
  const LogScene scene;
  Log log = scene.open();
  log.info("old");
  fs::rename(scene.file, scene.dir() / "poller.log.1");
  REQUIRE(log.reopen().ok());
  log.info("new");
  log.flush();
  CHECK(scene.lines() == Lines{"new"});
  CHECK(read(scene.dir() / "poller.log.1").find("old\n") != std::string::npos);
}

TEST_CASE("log: a file that was renamed or removed is noticed, one that is in its place is left") {
  const LogScene scene;
  Log log = scene.open();
  log.info("old");
  REQUIRE(log.reopen_if_moved().ok());
  log.info("old, too");
  fs::rename(scene.file, scene.dir() / "poller.log.1");
  REQUIRE(log.reopen_if_moved().ok());
  log.info("new");
  log.flush();
  CHECK(scene.lines() == Lines{"new"});
  CHECK(read(scene.dir() / "poller.log.1").find("old, too\n") != std::string::npos);
  fs::remove(scene.file);
  REQUIRE(log.reopen_if_moved().ok());
  log.info("newer");
  log.flush();
  CHECK(scene.lines() == Lines{"newer"});
}

TEST_CASE("log: if it can't be opened anew, the old one goes on") {
  const LogScene scene;
  Log log = scene.open();
  fs::rename(scene.file, scene.dir() / "old");
  fs::create_directory(scene.file);
  CHECK_FALSE(log.reopen().ok());
  log.info("on");
  log.flush();
  CHECK(read(scene.dir() / "old").find("on\n") != std::string::npos);
}

TEST_CASE("log: a full disk costs lines, which are counted, and no more") {
  const LogScene scene;
  Log log = scene.open();
  log.info("before");
  log.flush();
  ::signal(SIGXFSZ, SIG_IGN);  // a file-size limit stands for the full disk
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit full{fs::file_size(scene.file) + 5, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &full);
  log.info("lost");
  log.flush();
  log.info("lost");
  log.error("lost");
  ::setrlimit(RLIMIT_FSIZE, &before);
  log.info("after");
  log.flush();
  const Lines lines = scene.lines();
  REQUIRE(lines.size() == 4);
  CHECK(lines[0] == "before");
  CHECK(lines[1].size() == 5);  // what fitted
  CHECK(lines[2] ==
        "WARNING 3 log lines were lost: can't write '" + scene.file.string() + "': File too large");
  CHECK(lines[3] == "after");
}

TEST_CASE("log: without a file it is standard error") {
  const Scene scene;
  const UniqueFd terminal(::dup(STDERR_FILENO));
  const UniqueFd file(::open("stderr", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  ::dup2(file.get(), STDERR_FILENO);
  auto log = Log::open({});
  if (log.ok()) log->error("to the terminal");
  ::dup2(terminal.get(), STDERR_FILENO);
  REQUIRE(log.ok());
  CHECK(read("stderr").find("] ERROR to the terminal\n") != std::string::npos);
}
