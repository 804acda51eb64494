#include "base/ownership.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "scene.hpp"
#include "skipping.hpp"

using namespace actiond;
using actiond::test::Scene;

namespace {

std::string refusal(const std::filesystem::path& path) {
  const auto checked = check_not_writable_by_others(path);
  return checked.ok() ? "" : checked.error().text;
}

struct OwnedPath {
  uid_t user;
  gid_t group;
  mode_t mode;
  const char* why;  // null: accepted
};

constexpr OwnedPath kRows[] = {
    {0, 0, 0600, nullptr},
    {0, 0, 0644, nullptr},
    {0, 0, 0664, nullptr},
    {0, 100, 0644, nullptr},
    {0, 100, 0664, "can be written by group 100: refused when running as root; chmod g-w "},
    {0, 0, 0666, "can be written by everyone: refused when running as root; chmod o-w "},
    {1000, 0, 0600, "is owned by user 1000: refused when running as root; chown root "},
};

}  // namespace

TEST_CASE("ownership: root obeys no file that others could write to") {
  NEEDS_ROOT();
  const Scene scene;
  const auto path = scene.write("plugin.so", "x");
  for (const OwnedPath& row : kRows) {
    CAPTURE(row.mode);
    REQUIRE(::chown(path.c_str(), row.user, row.group) == 0);
    REQUIRE(::chmod(path.c_str(), row.mode) == 0);
    const std::string expected =
        row.why == nullptr ? "" : fmt::format("'{0}' {1}{0}", path.string(), row.why);
    CHECK(refusal(path) == expected);
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    CHECK(check_not_writable_by_others(fd.get(), path).ok() == expected.empty());
  }
}

TEST_CASE("ownership: a link is judged by what it leads to") {
  NEEDS_ROOT();
  const Scene scene;
  const auto path = scene.write("real.so", "x");
  std::filesystem::create_symlink(path, scene.dir() / "link.so");
  REQUIRE(::chmod(path.c_str(), 0666) == 0);
  const std::string link = scene.dir() / "link.so";
  CHECK(refusal(link) == "'" + link +
                             "' can be written by everyone: refused when running as root; chmod "
                             "o-w " +
                             link);
}

TEST_CASE("ownership: a file that is not there is an error") {
  NEEDS_ROOT();
  CHECK(refusal("/nonexistent/x") == "can't stat '/nonexistent/x': No such file or directory");
}
