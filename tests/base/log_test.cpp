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
#include "scene.hpp"

using namespace actiond;
using namespace actiond::test;
using namespace std::chrono_literals;

namespace {

struct LogScene : Scene {
  fs::path file = dir() / "poller.log";

  Log open(LogFormat format = LogFormat::Text, LogLevel level = LogLevel::Debug) const {
    auto log = Log::open({level, format, file});
    REQUIRE(log.ok());
    return std::move(*log);
  }

  // The lines in the file; of text lines without the time, which must be there.
  std::vector<std::string> lines() const {
    static const std::regex time(R"(\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\] (.*))");
    std::vector<std::string> found;
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);) {
      std::smatch match;
      found.push_back(std::regex_match(line, match, time) ? match[1].str() : line);
    }
    return found;
  }
};

using Lines = std::vector<std::string>;

const EventLine hello{"medium", "hello_world", "4711", 1, R"({"name":"x"})"};

}  // namespace

TEST_CASE("log: the lines of an event") {
  const LogScene scene;
  Log log = scene.open();
  log.processing(hello);
  log.finished(hello, 1'234'567ns);
  log.finished(hello, 2min + 7us);
  log.failed(hello, "no such host");
  log.processing({"low", "audit", "0815", 2, "{}"});
  log.plugin(LogLevel::Info, "hello_world", "4711", "Hello x");
  log.plugin(LogLevel::Warning, "hello_world", "4711", "Oh");
  log.flush();
  CHECK(scene.lines() == Lines{R"(Processing medium:hello_world ({"name":"x"}) id=4711)",
                               "Finished processing medium:hello_world id=4711 in 1.234ms",
                               "Finished processing medium:hello_world id=4711 in 120000.007ms",
                               "Error processing medium:hello_world id=4711: no such host",
                               "Processing low:audit ({}) id=0815 attempt=2",
                               "hello_world: Hello x id=4711", "WARNING hello_world: Oh id=4711"});
}

TEST_CASE("log: a level shows unless it is info") {
  const LogScene scene;
  Log log = scene.open();
  log.debug("a");
  log.info("b");
  log.warning("c");
  log.error("d");
  log.info("{} of {}", 1, std::string("two"));
  log.info("{} is not a format");
  log.flush();
  CHECK(scene.lines() ==
        Lines{"DEBUG a", "b", "WARNING c", "ERROR d", "1 of two", "{} is not a format"});
}

TEST_CASE("log: lines below its level are not written") {
  const LogScene scene;
  Log log = scene.open(LogFormat::Text, LogLevel::Warning);
  log.processing(hello);
  log.info("no");
  log.plugin(LogLevel::Debug, "e", "1", "no");
  log.failed(hello, "yes");
  CHECK(scene.lines() == Lines{"Error processing medium:hello_world id=4711: yes"});
  CHECK_FALSE(log.is_enabled(LogLevel::Info));
  CHECK(log.is_enabled(LogLevel::Warning));
}

TEST_CASE("log: nothing that an event brings can forge a line or drive a terminal") {
  const LogScene scene;
  Log log = scene.open();
  const std::string evil = "a\n[2026-01-01 00:00:00.000] forged\x1b[2J\xFF\xC2\x9B";
  const std::string shown = R"(a\n[2026-01-01 00:00:00.000] forged\x1b[2J\xff\u009b)";
  log.processing({evil, evil, evil, 1, evil});
  log.failed({"q", "e", "1"}, evil);
  log.plugin(LogLevel::Info, "e", "1", evil);
  log.info(evil);
  log.flush();
  CHECK(scene.lines() == Lines{"Processing " + shown + ":" + shown + " (" + shown + ") id=" + shown,
                               "Error processing q:e id=1: " + shown, "e: " + shown + " id=1",
                               shown});
}

TEST_CASE("log: params are cut at 1000 bytes, between two characters") {
  const LogScene scene;
  Log log = scene.open();
  const std::string fits(1000, 'x');
  const std::string cut = std::string(999, 'x');
  log.processing({"q", "e", "1", 1, fits});
  log.processing({"q", "e", "1", 1, cut + "€"});
  log.flush();
  CHECK(scene.lines() ==
        Lines{"Processing q:e (" + fits + ") id=1", "Processing q:e (" + cut + "…) id=1"});
}

TEST_CASE("log: JSON lines have a field for everything") {
  const LogScene scene;
  Log log = scene.open(LogFormat::Json);
  log.processing({"medium", "hello_world", "4711", 2, R"({"name":"x"})"});
  log.finished(hello, 1'234'567ns);
  log.failed(hello, "line\nbreak \"quoted\" \xFF");
  log.warning("odd\x01");
  log.plugin(LogLevel::Debug, "hello_world", "4711", "Hello", {"0af7", "b7ad"});
  log.flush();
  const nlohmann::json expected[] = {{{"level", "info"},
                                      {"message", "Processing medium:hello_world"},
                                      {"action", "processing"},
                                      {"queue", "medium"},
                                      {"event", "hello_world"},
                                      {"id", "4711"},
                                      {"attempt", 2},
                                      {"params", R"({"name":"x"})"}},
                                     {{"level", "info"},
                                      {"message", "Finished processing medium:hello_world"},
                                      {"action", "finished"},
                                      {"queue", "medium"},
                                      {"event", "hello_world"},
                                      {"id", "4711"},
                                      {"attempt", 1},
                                      {"duration_ms", 1.234}},
                                     {{"level", "error"},
                                      {"message", "Error processing medium:hello_world"},
                                      {"action", "failed"},
                                      {"queue", "medium"},
                                      {"event", "hello_world"},
                                      {"id", "4711"},
                                      {"attempt", 1},
                                      {"error", "line\nbreak \"quoted\" \xEF\xBF\xBD"}},
                                     {{"level", "warning"}, {"message", "odd\x01"}},
                                     {{"level", "debug"},
                                      {"message", "Hello"},
                                      {"event", "hello_world"},
                                      {"id", "4711"},
                                      {"trace_id", "0af7"},
                                      {"span_id", "b7ad"}}};
  static const std::regex rfc3339(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d)");
  const Lines lines = scene.lines();
  REQUIRE(lines.size() == std::size(expected));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto json = nlohmann::json::parse(lines[i]);
    CHECK(std::regex_match(json["time"].get<std::string>(), rfc3339));
    json.erase("time");
    CHECK(json == expected[i]);
  }
}

TEST_CASE("log: lines are collected until a flush, an error or the end") {
  const LogScene scene;
  {
    Log log = scene.open();
    log.info("a");
    CHECK(scene.lines().empty());
    log.flush();
    CHECK(scene.lines().size() == 1);
    log.info("b");
    log.error("c");
    CHECK(scene.lines().size() == 3);
    log.info("d");
  }
  CHECK(scene.lines().size() == 4);
}

TEST_CASE("log: many lines are written before they are too many to hold") {
  const LogScene scene;
  Log log = scene.open();
  for (int i = 0; i < 2000; ++i) log.info("a line of some length, as they are, number {}", i);
  CHECK(fs::file_size(scene.file) >= 64 * 1024);
}

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

TEST_CASE("log: once it is warm, a line costs no allocation") {
  const LogScene scene;
  for (const LogFormat format : {LogFormat::Text, LogFormat::Json}) {
    Log log = scene.open(format);
    std::size_t before = 0;
    for (int i = 0; i < 5000; ++i) {
      if (i == 2000) before = allocations();  // by then the buffer was full once
      log.processing(hello);
      log.finished(hello, 5us);
      log.info("{} of {}", i, "many");
    }
    CHECK(allocations() == before);
  }
}
