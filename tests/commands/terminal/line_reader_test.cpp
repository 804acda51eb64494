#include <doctest/doctest.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "commands/terminal/line_reader.hpp"

using namespace actiond;

namespace {

constexpr std::size_t kMost = 1 << 20;

struct Pipe {
  Pipe() {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    out.reset(ends[0]);
    in.reset(ends[1]);
  }
  void write(const std::string& text) {
    REQUIRE(::write(in.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  UniqueFd out, in;
};

std::string next(LineReader& lines) {
  auto line = lines.next();
  REQUIRE(line.ok());
  return line->value_or("<end>");
}

}  // namespace

TEST_CASE("line reader: lines, empty ones too, and a last one without an end") {
  Pipe pipe;
  LineReader lines(pipe.out.get(), kMost);
  pipe.write("one\n\ntwo\nlast");
  pipe.in.reset();
  CHECK(next(lines) == "one");
  CHECK(next(lines) == "");
  CHECK(next(lines) == "two");
  CHECK(next(lines) == "last");
  CHECK(next(lines) == "<end>");
  CHECK(next(lines) == "<end>");
}

TEST_CASE("line reader: half a line is not ready") {
  Pipe pipe;
  LineReader lines(pipe.out.get(), kMost);
  CHECK_FALSE(lines.is_ready());
  pipe.write("on");
  CHECK_FALSE(lines.is_ready());
  pipe.write("e\ntw");
  CHECK(lines.is_ready());
  CHECK(next(lines) == "one");
  CHECK_FALSE(lines.is_ready());
  pipe.in.reset();
  CHECK(lines.is_ready());
  CHECK(next(lines) == "tw");
}

TEST_CASE("line reader: a line longer than any buffer") {
  Pipe pipe;
  LineReader lines(pipe.out.get(), kMost);
  const std::string part(40000, 'x');
  for (int i = 0; i < 5; ++i) {
    pipe.write(part);
    CHECK_FALSE(lines.is_ready());
  }
  pipe.write("\n");
  CHECK(next(lines).size() == 200000);
}

TEST_CASE("line reader: a line that is too long is an error, whether it has an end or not") {
  for (const std::string rest : {"", "\n", "\nthree\n"}) {
    Pipe pipe;
    LineReader lines(pipe.out.get(), 5);
    pipe.write("12345\n123456" + rest);
    CHECK(next(lines) == "12345");
    CHECK(lines.is_ready());
    for (int i = 0; i < 2; ++i) {
      const auto line = lines.next();  // the pipe is open: whoever waited for an end would hang
      REQUIRE_FALSE(line.ok());
      CHECK(line.error().text == "line 2 is longer than 5 bytes");
    }
  }
}

TEST_CASE("line reader: what can't be read is an error") {
  LineReader lines(-1, kMost);
  CHECK_FALSE(lines.next().ok());
}
