#include <doctest/doctest.h>
#include <stdlib.h>
#include <time.h>

#include "commands/terminal/dead_text.hpp"

using namespace actiond;
using nlohmann::json;

namespace {

constexpr std::int64_t kTime_ms = 1700000000123;  // 2023-11-14 22:13:20 UTC

Message failed_letter(const std::string& id, const std::string& error = "no address") {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  Message letter;
  letter.id = id;
  letter.event = "send_email";
  letter.body = R"({"to": "ann", "again": {"n": 1.0}})";
  letter.enqueued_at_s = kTime_ms / 1000 - 60;
  letter.trail.attempt = 3;
  letter.trail.queue = "high";
  letter.trail.error = error;
  letter.trail.failed_at_ms = kTime_ms;
  return letter;
}

}  // namespace

TEST_CASE("dead text: a line for each, and how many there are") {
  CHECK(
      dead_list_text({{failed_letter("a"), failed_letter("b", "first line\nsecond")}, 2, "", 2}) ==
      "ID  EVENT       QUEUE  ATTEMPTS  FAILED AT            ERROR\n"
      "a   send_email  high          3  2023-11-14 22:13:20  no address\n"
      "b   send_email  high          3  2023-11-14 22:13:20  first line…\n"
      "2 dead letters\n");
}

TEST_CASE("dead text: a long error is cut between two characters, and drives no terminal") {
  const auto text =
      dead_list_text({{failed_letter("a", std::string(99, 'x') + "äy\x1b[2J")}, 1, "", 1});
  CHECK(text.find(" " + std::string(99, 'x') + "…\n1 dead letter\n") != std::string::npos);
  const auto escape = dead_list_text({{failed_letter("a", "\x1b[2J")}, 1, "", 1});
  CHECK(escape.find("  \\x1b[2J\n") != std::string::npos);
}

TEST_CASE("dead text: what is no event is shown as far as it goes") {
  CHECK(dead_list_text({{Message{}}, 1, "", 1}) ==
        "ID  EVENT  QUEUE  ATTEMPTS  FAILED AT  ERROR\n"
        "-   -      -             1  -          -\n"
        "1 dead letter\n");
}

TEST_CASE("dead text: a part of them says how many there are, and how to see all") {
  struct Row {
    DeadList list;
    std::string last;
  };
  for (const Row& row : {
           Row{{{}, 0, "", 0}, "no dead letters\n"},
           Row{{{}, 0, "x", 0}, "no dead letters\n"},
           Row{{{}, 3, "x", 0}, "none of 3 dead letters has the event x\n"},
           Row{{{failed_letter("a")}, 3, "send_email", 1},
               "\n1 of 3 dead letters is of send_email\n"},
           Row{{{failed_letter("a"), failed_letter("b")}, 3, "send_email", 2},
               "\n2 of 3 dead letters are of send_email\n"},
           Row{{{failed_letter("a"), failed_letter("b")}, 30000, "", 2},
               "\n30000 dead letters, the oldest 2 are shown: --limit 0 shows all\n"},
           Row{{{failed_letter("a")}, 9, "send_email", 5},
               "\n5 of 9 dead letters are of send_email, the oldest is shown: --limit 0 shows "
               "all\n"},
       })
    CHECK_MESSAGE(dead_list_text(row.list).ends_with(row.last), dead_list_text(row.list));
}

TEST_CASE("dead text: all of one, its params in the sender's order") {
  auto full = failed_letter("8ad2", "what():\n  no address");
  full.trail.first_failed_at_ms = kTime_ms - 60000;
  full.trail.poller = "box/1";
  full.trail.plugin = "mailer.so 1a2b";
  full.trail.backtrace = "#0 send\n#1 process\n";
  CHECK(dead_letter_text(full) ==
        "id                8ad2\n"
        "event             send_email\n"
        "queue             high\n"
        "attempts          3\n"
        "queued at         2023-11-14 22:12:20\n"
        "first failed at   2023-11-14 22:12:20\n"
        "last failed at    2023-11-14 22:13:20\n"
        "poller            box/1\n"
        "plugin            mailer.so 1a2b\n"
        "error             what():\n"
        "                    no address\n"
        "backtrace         #0 send\n"
        "                  #1 process\n"
        "params\n"
        "{\n"
        "  \"to\": \"ann\",\n"
        "  \"again\": {\n"
        "    \"n\": 1.0\n"
        "  }\n"
        "}\n");
}

TEST_CASE("dead text: a body that is not a JSON object is shown as it is, escaped") {
  Message bad;
  bad.body = "name=\x1b\xff\nAda";
  CHECK(dead_letter_text(bad) ==
        "id                -\n"
        "event             -\n"
        "queue             -\n"
        "attempts          1\n"
        "body, which is not a JSON object\n"
        "name=\\x1b\\xff\n"
        "Ada\n");
  CHECK(dead_letter_json(bad).at("body") == bad.body);
  CHECK_FALSE(dead_letter_json(bad).contains("params"));
  bad.body = "";
  CHECK(dead_letter_text(bad).ends_with("params\n{}\n"));
}

TEST_CASE("dead text: the same for programs") {
  const auto one = dead_letter_json(failed_letter("a"));
  CHECK(one.at("params") == json{{"to", "ann"}, {"again", {{"n", 1.0}}}});
  CHECK(one.at("attempts") == 3);
  CHECK(one.at("failed_at_ms") == kTime_ms);
  const auto list = dead_list_json({{failed_letter("a")}, 7, "send_email", 5});
  CHECK(list.at("total") == 7);
  CHECK(list.at("matching") == 5);
  CHECK(list.at("shown") == 1);
  CHECK(list.at("letters").at(0).at("id") == "a");
  CHECK_FALSE(list.at("letters").at(0).contains("params"));
}
