// Strict priority, and that nothing waits for a busy poller while another is idle.
#include <algorithm>
#include <chrono>
#include <fstream>
#include <set>

#include "site.hpp"

using Clock = std::chrono::steady_clock;

namespace {

std::string text(const std::string& queue) {
  return "\"text\": \"" + queue + " {n}\"";
}

// The queues in the order in which their events ran, equal neighbours told once.
std::vector<std::string> blocks(const std::vector<std::string>& lines) {
  std::vector<std::string> queues;
  for (const auto& line : lines) queues.push_back(line.substr(0, line.find(' ')));
  queues.erase(std::unique(queues.begin(), queues.end()), queues.end());
  return queues;
}

std::set<std::string> different(const std::vector<std::string>& lines) {
  return {lines.begin(), lines.end()};
}

// Where in the file the high event number `n` began.
std::size_t place_of_high(const std::vector<std::string>& lines, int n) {
  const std::string end = " high " + std::to_string(n);
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (lines[i].ends_with(end)) return i;
  return lines.size();
}

}  // namespace

TEST_CASE("order: of 9000 waiting events, queued low first, no lower one runs before a higher") {
  NEEDS_BROKER();
  Site site("", {"recorder"});
  for (const char* queue : {"low", "medium", "high"})
    rabbit::queue("record", site.params("ran", text(queue)), queue, 3000);
  site.start();
  CHECK(site.wait_for_lines("ran", 9000, 60s));
  const auto lines = site.lines("ran");
  CHECK(blocks(lines) == std::vector<std::string>{"high", "medium", "low"});
  CHECK(lines.size() == 9000);
  CHECK(different(lines).size() == 9000);
}

TEST_CASE("order: several runners run every event once") {
  NEEDS_BROKER();
  Site site("concurrency: 3", {"recorder"});
  for (const char* queue : {"low", "medium", "high"})
    rabbit::queue("record", site.params("ran", text(queue)), queue, 1000);
  const pid_t poller = site.start();
  CHECK(children_of(poller).size() == 3);
  CHECK(site.wait_for_lines("ran", 3000, 60s));
  CHECK(wait_until([&] { return count_of(site.log(), "Finished processing") == 3000; }));
  CHECK(site.lines("ran").size() == 3000);
  CHECK(different(site.lines("ran")).size() == 3000);
}

// A round counts only if the high event was certainly there before the handler in hand had ended.
TEST_CASE("order: a high event that arrives among slow medium ones is the next to start") {
  NEEDS_BROKER();
  constexpr auto kHandler = 50ms;
  Site site("", {"sleeper"});
  rabbit::queue("sleep", site.params("ran", R"("ms": 50)"), "medium", 100);
  rabbit::Publishing publishing;
  site.start();
  int rounds = 0;
  for (int n = 1; n <= 20 && rounds < 5; ++n) {
    const auto before = site.lines("ran").size();
    REQUIRE(site.wait_for_lines("ran", before + 1));
    const auto seen = Clock::now();
    publishing.queue("sleep", site.params("ran", "\"n\": " + std::to_string(n)), "high");
    const auto begun = site.lines("ran").size();
    const bool is_in_time = begun == before + 1 && Clock::now() - seen < kHandler / 2;
    REQUIRE(wait_until([&] {
      const auto lines = site.lines("ran");
      return place_of_high(lines, n) < lines.size();
    }));
    if (!is_in_time) continue;
    ++rounds;
    CHECK(place_of_high(site.lines("ran"), n) == begun);
  }
  CHECK(rounds > 0);
}

TEST_CASE("order: what waits for a busy poller runs at once in an idle one") {
  NEEDS_BROKER();
  Site site("", {"sleeper", "recorder"});
  site.start(1);
  site.start(2);
  rabbit::queue("sleep", site.params("slept", R"("ms": 6000)"));
  REQUIRE(site.wait_for_lines("slept", 1));
  const auto began = Clock::now();
  rabbit::queue("record", site.params("ran", text("high")), "high", 200);
  CHECK(site.wait_for_lines("ran", 200));
  CHECK(Clock::now() - began < 3s);
  CHECK(count_of(site.log(1) + site.log(2), "Finished processing medium:sleep") == 0);
  CHECK(different(site.lines("ran")).size() == 200);
}

TEST_CASE("order: what a poller holds when its handler turns slow is given back to an idle one") {
  NEEDS_BROKER();
  Site site("", {"sleeper", "recorder"});
  const auto end = site.path("end").native();
  rabbit::queue("sleep", site.params("slept", R"("until": ")" + end + "\""), "high");
  rabbit::queue("record", site.params("ran", text("medium")), "medium", 200);
  site.start(1);
  REQUIRE(site.wait_for_lines("slept", 1));
  site.start(2);
  CHECK(site.wait_for_lines("ran", 200));
  CHECK(different(site.lines("ran")).size() == 200);
  std::ofstream(end).put('\n');
  CHECK(site.wait_for_log("Finished processing high:sleep"));
}

TEST_CASE("order: what a runner has behind a run that turns slow runs in another one") {
  NEEDS_BROKER();
  Site site("concurrency: 2", {"sleeper"});
  rabbit::Publishing publishing;
  const auto short_ones = [&] {
    for (int i = 0; i < 1000; ++i) publishing.queue("sleep", site.params("ran"), "medium");
  };
  short_ones();
  publishing.queue("sleep", site.params("slow", R"("ms": 20000)"), "medium");
  short_ones();
  site.start();
  REQUIRE(site.wait_for_lines("slow", 1));
  CHECK(site.wait_for_lines("ran", 2000, 15s));
  CHECK(different(site.lines("ran")).size() == 2000);
}

TEST_CASE("order: a poller of some queues leaves the others alone") {
  NEEDS_BROKER();
  Site site("", {"recorder"});
  for (const char* queue : {"low", "medium", "high"})
    rabbit::queue("record", site.params("ran", text(queue)), queue, 3);
  site.start(1, {"--queues", "low high"});
  CHECK(site.wait_for_lines("ran", 6));
  CHECK(blocks(site.lines("ran")) == std::vector<std::string>{"high", "low"});
  CHECK(rabbit::ready("medium") == 3);
}
