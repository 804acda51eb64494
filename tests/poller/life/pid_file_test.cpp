#include "poller/life/pid_file.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace actiond;
namespace fs = std::filesystem;

namespace {

struct Directory {
  fs::path path;
  Directory() {
    std::string name = (fs::temp_directory_path() / "pid-file-XXXXXX").native();
    path = ::mkdtemp(name.data());
  }
  ~Directory() { fs::remove_all(path); }
};

void write(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::trunc) << text;
}

}  // namespace

TEST_CASE("pid file: it is mine once written, and holds pid and nonce") {
  Directory directory;
  PidFile file(directory.path, 3);
  CHECK_FALSE(file.is_mine());
  REQUIRE(file.write_mine().ok());
  CHECK(file.is_mine());
  const auto record = read_pid_file(directory.path / "poller.3.pid");
  REQUIRE(record);
  CHECK(record->pid == ::getpid());
  CHECK_FALSE(record->nonce.empty());
  CHECK(open_process(*record));
}

TEST_CASE("pid file: the last to write it has it") {
  Directory directory;
  PidFile first(directory.path, 1), second(directory.path, 1);
  REQUIRE(first.write_mine().ok());
  REQUIRE(second.write_mine().ok());  // the same pid, another nonce
  CHECK_FALSE(first.is_mine());
  CHECK(second.is_mine());
}

TEST_CASE("pid file: gone, foreign or rewritten by hand, it is no longer mine") {
  Directory directory;
  PidFile file(directory.path, 1);
  REQUIRE(file.write_mine().ok());
  SUBCASE("removed") {
    fs::remove(file.path());
  }
  SUBCASE("another pid") {
    write(file.path(), "1\n");
  }
  SUBCASE("no number") {
    write(file.path(), "hello\n");
  }
  SUBCASE("empty") {
    write(file.path(), "");
  }
  CHECK_FALSE(file.is_mine());
}

TEST_CASE("pid file: only its owner removes it") {
  Directory directory;
  PidFile first(directory.path, 1), second(directory.path, 1);
  REQUIRE(first.write_mine().ok());
  REQUIRE(second.write_mine().ok());
  first.remove_if_mine();
  CHECK(second.is_mine());
  second.remove_if_mine();
  CHECK_FALSE(fs::exists(second.path()));
}

TEST_CASE("pid file: a reused pid is not the process that is meant") {
  const auto record = [](const std::string& nonce) { return PidRecord{::getpid(), nonce}; };
  CHECK_FALSE(open_process(record("1-0123456789abcdef")));
  CHECK_FALSE(open_process(record("")));
}

TEST_CASE("pid file: what can't be read as one is none") {
  Directory directory;
  const auto path = directory.path / "poller.1.pid";
  CHECK_FALSE(read_pid_file(path));
  for (const char* text : {"", "x", "-5\n", "0\n"}) {
    write(path, text);
    CHECK_FALSE(read_pid_file(path));
  }
}

TEST_CASE("pid file: a directory that is not there is a sentence") {
  PidFile file("/nowhere/at/all", 1);
  const auto written = file.write_mine();
  REQUIRE_FALSE(written.ok());
  CHECK(written.error().text.find("/nowhere/at/all") != std::string::npos);
}
