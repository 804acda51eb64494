#include "base/files.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "scene.hpp"

using namespace actiond;
using namespace actiond::test;

namespace {

mode_t mode_of(const fs::path& path) {
  struct ::stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  return found.st_mode & 0777;
}

ino_t inode_of(const fs::path& path) {
  struct ::stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  return found.st_ino;
}

std::vector<std::string> names_in(const fs::path& directory) {
  std::error_code error;
  std::vector<std::string> names;
  for (const auto& path : list_directory(directory, error)) names.push_back(path.filename());
  REQUIRE_FALSE(error);
  return names;
}

}  // namespace

TEST_CASE("files: a lock is held by one, until its descriptor is closed") {
  const Scene scene;
  auto held = lock_file("lock");
  REQUIRE(held.ok());
  CHECK(mode_of("lock") == 0640);
  const UniqueFd other = open_lock("lock");
  CHECK_FALSE(try_to_lock(other));
  held->reset();
  CHECK(try_to_lock(other));
}

TEST_CASE("files: a lock is not dropped when another descriptor of the file is closed") {
  const Scene scene;
  const auto held = lock_file("lock");
  REQUIRE(held.ok());
  open_lock("lock").reset();
  CHECK_FALSE(try_to_lock(open_lock("lock")));
}

TEST_CASE("files: a shared lock is for many, and keeps out who wants it alone") {
  const Scene scene;
  UniqueFd one = open_lock("lock"), other = open_lock("lock");
  REQUIRE(try_to_share_lock(one));
  REQUIRE(try_to_share_lock(other));
  const UniqueFd third = open_lock("lock");
  CHECK_FALSE(try_to_lock(third));
  one.reset();
  CHECK_FALSE(try_to_lock(third));
  other.reset();
  CHECK(try_to_lock(third));
}

TEST_CASE("files: a lock that is to be shared at once is not waited for") {
  const Scene scene;
  auto alone = lock_file("lock");
  REQUIRE(alone.ok());
  const UniqueFd one = open_lock("lock"), other = open_lock("lock");
  CHECK_FALSE(try_to_share_lock(one));
  alone->reset();
  CHECK(try_to_share_lock(one));
  CHECK(try_to_share_lock(other));
}

TEST_CASE("files: a lock that another holds for too long is named in a sentence") {
  const Scene scene;
  auto others = lock_file("lock");
  REQUIRE(others.ok());
  const auto refused = lock_file_within(std::chrono::milliseconds(20), "lock");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().text ==
        "lock is locked by another process, which must let it go first: `fuser lock` tells which");
  others->reset();
  const auto mine = lock_file_within(std::chrono::milliseconds(0), "lock");
  REQUIRE(mine.ok());
  CHECK(is_held_by_another(open_lock("lock")));
}

TEST_CASE("files: a lock that is let go in time is waited for") {
  const Scene scene;
  auto others = lock_file("lock");
  REQUIRE(others.ok());
  std::thread waiting([] { CHECK(lock_file_within(std::chrono::seconds(20), "lock").ok()); });
  others->reset();
  waiting.join();
}

TEST_CASE("files: a lock is not taken through a link, and the sentence names it") {
  const Scene scene;
  fs::create_symlink("elsewhere", "lock");
  const auto held = lock_file("lock");
  REQUIRE_FALSE(held.ok());
  CHECK(held.error().text == "can't lock 'lock': Too many levels of symbolic links");
  CHECK_FALSE(fs::exists("elsewhere"));
}

TEST_CASE("files: a file is replaced at once, with the mode that was asked for") {
  const Scene scene;
  const mode_t before = ::umask(077);
  REQUIRE(replace_file("record", "old", 0644).ok());
  const ino_t first = inode_of("record");
  const UniqueFd reader(::open("record", O_RDONLY | O_CLOEXEC));
  REQUIRE(replace_file("record", "new text", 0640).ok());
  ::umask(before);
  CHECK(read("record") == "new text");
  CHECK(mode_of("record") == 0640);
  CHECK(inode_of("record") != first);
  char old[8] = "";
  CHECK(::read(reader.get(), old, sizeof old) == 3);  // who had it open has what it had
  CHECK(names_in(".") == std::vector<std::string>{"record"});
}

TEST_CASE("files: a file that can't be replaced stays, and nothing else is left") {
  const Scene scene;
  fs::create_directory("record");
  scene.write("record/full", "x");
  const auto replaced = replace_file("record", "new", 0644);
  REQUIRE_FALSE(replaced.ok());
  CHECK(replaced.error().text.starts_with("can't rename to 'record': "));
  CHECK(names_in(".") == std::vector<std::string>{"record"});
  const auto nowhere = replace_file("nowhere/record", "new", 0644);
  REQUIRE_FALSE(nowhere.ok());
  CHECK(nowhere.error().text.starts_with("can't create 'nowhere/record."));
}

TEST_CASE("files: a directory is listed by name; one that is not there is an error") {
  const Scene scene;
  for (const char* name : {"b", "a", ".c"}) scene.write(std::string("d/") + name, "");
  CHECK(names_in("d") == std::vector<std::string>{".c", "a", "b"});
  std::error_code error;
  CHECK(list_directory("nowhere", error).empty());
  CHECK(error == std::errc::no_such_file_or_directory);
}
