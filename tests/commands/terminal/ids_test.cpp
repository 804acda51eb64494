#include <doctest/doctest.h>

#include "commands/terminal/command_line.hpp"

using actiond::parse_ids;

TEST_CASE("ids: numbers, lists and ranges, each once") {
  struct Row {
    std::string text;
    std::vector<int> ids;
  };
  for (const Row& row : {Row{"3", {3}}, Row{"1..4", {1, 2, 3, 4}}, Row{"1,3", {1, 3}},
                         Row{"1, 3..4 7", {1, 3, 4, 7}}, Row{"2..2", {2}}, Row{"1,1..2", {1, 2}},
                         Row{"999999", {999999}}}) {
    const auto ids = parse_ids(row.text);
    REQUIRE_MESSAGE(ids.ok(), row.text);
    CHECK(*ids == row.ids);
  }
}

TEST_CASE("ids: anything else is refused, and shown") {
  for (const std::string text : {"x", "0", "-1", "1.5", "1..", "..2", "8..1", "1...3", "+1",
                                 "1000000", "99999999999999999999", "1..100000", "1;2"}) {
    const auto ids = parse_ids(text);
    REQUIRE_FALSE_MESSAGE(ids.ok(), text);
    CHECK_MESSAGE(ids.error().text.find("'" + text + "'") != std::string::npos, ids.error().text);
  }
  CHECK_FALSE(parse_ids("").ok());
  CHECK_FALSE(parse_ids(" , ").ok());
}
