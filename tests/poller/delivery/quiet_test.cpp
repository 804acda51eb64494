#include "poller/delivery/quiet.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>

using namespace actiond;

namespace {

struct QuietDirectory {
  std::filesystem::path path = make();
  ~QuietDirectory() { std::filesystem::remove_all(path); }
  static std::filesystem::path make() {
    std::string pattern = "/tmp/action-quiet-XXXXXX";
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    return pattern;
  }
};

}  // namespace

TEST_CASE("quiet: whoever comes next is quiet, too, until it is resumed") {
  const QuietDirectory run_dir;
  Quiet first(run_dir.path, 3);
  CHECK_FALSE(first.is_quiet());
  REQUIRE(first.set(true));
  CHECK(first.is_quiet());
  Quiet second(run_dir.path, 3);
  CHECK(second.is_quiet());
  CHECK_FALSE(Quiet(run_dir.path, 4).is_quiet());
  REQUIRE(first.set(false));
  second.read();
  CHECK_FALSE(second.is_quiet());
  REQUIRE(first.set(false));  // so it is already
}

TEST_CASE("quiet: without an id nothing is remembered") {
  const QuietDirectory run_dir;
  Quiet console(run_dir.path, std::nullopt);
  REQUIRE(console.set(true));
  CHECK(console.is_quiet());
  CHECK(std::filesystem::is_empty(run_dir.path));
  console.read();
  CHECK(console.is_quiet());
}

TEST_CASE("quiet: what can't be remembered is refused") {
  const QuietDirectory run_dir;
  Quiet quiet(run_dir.path / "nowhere", 1);
  const auto kept = quiet.set(true);
  REQUIRE_FALSE(kept);
  CHECK(kept.error().text.find("poller.1.quiet") != std::string::npos);
  CHECK_FALSE(quiet.is_quiet());
}
