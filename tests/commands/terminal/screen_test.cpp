#include "commands/terminal/screen.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace actiond;

TEST_CASE("screen: a line that is too long ends in an ellipsis, characters stay whole") {
  CHECK(cut_to("abcdef", 6) == "abcdef");
  CHECK(cut_to("abcdef", 5) == "abcd…");
  CHECK(cut_to("äöüß", 4) == "äöüß");
  CHECK(cut_to("äöüß", 3) == "äö…");
  CHECK(cut_to("abc", 1) == "…");
  CHECK(cut_to("abc", 0) == "");
  CHECK(cut_to("", 3) == "");
}

TEST_CASE("screen: it is drawn over what was there, without a scroll") {
  CHECK(draw({{"one"}, {"two"}}, {80, 24}, false) == "\x1b[Hone\x1b[K\r\ntwo\x1b[K\x1b[J");
}

TEST_CASE("screen: colour only where it is wanted, and never beyond its line") {
  const std::vector<ScreenLine> lines{{"T", LineStyle::Title}, {"bad", LineStyle::Alarm}, {"x"}};
  CHECK(draw(lines, {80, 24}, true) ==
        "\x1b[H\x1b[1mT\x1b[0m\x1b[K\r\n\x1b[31mbad\x1b[0m\x1b[K\r\nx\x1b[K\x1b[J");
  CHECK(draw(lines, {80, 24}, false).find("\x1b[31m") == std::string::npos);
}

TEST_CASE("screen: a low one tells how many lines it can't hold") {
  const std::vector<ScreenLine> lines(10, ScreenLine{"line"});
  const auto bytes = draw(lines, {80, 4}, false);
  CHECK(bytes.find("… 7 more lines\x1b[K\x1b[J") != std::string::npos);
  CHECK(std::count(bytes.begin(), bytes.end(), '\n') == 3);
}

TEST_CASE("screen: a narrow one cuts each line") {
  CHECK(draw({{"0123456789"}}, {5, 24}, false) == "\x1b[H0123…\x1b[K\x1b[J");
}
