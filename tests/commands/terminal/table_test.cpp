#include <doctest/doctest.h>

#include "commands/terminal/table.hpp"

using namespace actiond;

TEST_CASE("table: columns are as wide as their widest cell, numbers on the right") {
  CHECK(format_table({{"ID", true}, {"STATE"}}, {{"1", "working"}, {"1000", "idle"}}) ==
        "  ID  STATE\n"
        "   1  working\n"
        "1000  idle\n");
}

TEST_CASE("table: without rows there are the titles") {
  CHECK(format_table({{"A"}, {"B"}}, {}) == "A  B\n");
}

TEST_CASE("table: a character counts once, whatever its bytes") {
  CHECK(format_table({{"NAME"}, {"N"}}, {{"Zoë", "1"}}) ==
        "NAME  N\n"
        "Zoë   1\n");
}

TEST_CASE("table: no cell breaks a line, and no line ends in spaces") {
  CHECK(format_table({{"A"}, {"B"}, {"C"}}, {{"x\ny\x1b[2J", "", ""}, {"z"}}) ==
        "A            B  C\n"
        "x\\ny\\x1b[2J\n"
        "z\n");
}
