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
