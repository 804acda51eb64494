#include "poller/life/pid_file.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/files.hpp"

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
  CHECK(file.look() != Standing::Mine);
  REQUIRE(file.write_mine().ok());
  CHECK(file.look() == Standing::Mine);
  const auto record = read_pid_file(directory.path / "poller.3.pid");
  REQUIRE(record);
  CHECK(record->pid == ::getpid());
  CHECK_FALSE(record->nonce.empty());
  CHECK(record->where == this_place());
  CHECK(open_process(*record));
  CHECK(is_alive(file.path(), *record));
  CHECK(name_of(*record) == "pid " + std::to_string(::getpid()));
}

TEST_CASE("pid file: the last to write it has it") {
  Directory directory;
  PidFile first(directory.path, 1), second(directory.path, 1);
  const auto from_nobody = first.write_mine();
  REQUIRE(from_nobody.ok());
  CHECK_FALSE(from_nobody->has_value());
  const auto record = read_pid_file(first.path());
  const auto from_first = second.write_mine();  // the same pid, another nonce
  REQUIRE(from_first.ok());
  CHECK(*from_first == record);
  CHECK(first.look() != Standing::Mine);
  CHECK(second.look() == Standing::Mine);
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
  CHECK(file.look() != Standing::Mine);
}

TEST_CASE("pid file: that it can't be read for the moment makes it nobody else's") {
  Directory directory;
  PidFile file(directory.path, 1);
  REQUIRE(file.write_mine().ok());
  fs::last_write_time(file.path(), fs::file_time_type::clock::now() - std::chrono::hours(1));
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none{0, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &none);
  const auto unreadable = file.look();
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK(unreadable == Standing::Mine);
  CHECK(file.is_unread());
  CHECK(file.look() == Standing::Mine);
  CHECK_FALSE(file.is_unread());
  write(file.path(), "1\n");
  CHECK(file.look() == Standing::Replaced);
}

TEST_CASE("pid file: removed while it is looked at, it is nobody else's") {
  Directory directory;
  PidFile file(directory.path, 3);
  REQUIRE(file.write_mine().ok());
  const fs::path path = directory.path / "poller.3.pid", aside = directory.path / "aside";
  fs::copy_file(path, aside);
  std::atomic<bool> is_over = false;
  std::thread others([&] {
    while (!is_over) {
      fs::remove(path);
      fs::copy_file(aside, directory.path / "next");
      fs::rename(directory.path / "next", path);
    }
  });
  int replaced = 0;
  for (int i = 0; i < 20'000; ++i) replaced += file.look() == Standing::Replaced;
  is_over = true;
  others.join();
  CHECK(replaced == 0);
}

TEST_CASE("pid file: only its owner removes it") {
  Directory directory;
  PidFile first(directory.path, 1), second(directory.path, 1);
  REQUIRE(first.write_mine().ok());
  REQUIRE(second.write_mine().ok());
  first.remove_if_mine();
  CHECK(second.look() == Standing::Mine);
  second.remove_if_mine();
  CHECK_FALSE(fs::exists(second.path()));
}

TEST_CASE("pid file: a reused pid is not the process that is meant") {
  const auto record = [](const std::string& nonce) { return PidRecord{::getpid(), nonce}; };
  CHECK_FALSE(open_process(record("1-0123456789abcdef")));
  CHECK_FALSE(open_process(record("")));
}

TEST_CASE("pid file: whoever holds it lives, wherever that is") {
  Directory directory;
  const auto path = directory.path / "poller.1.pid";
  PidFile file(directory.path, 1);
  // The pid of a process that there is here, in another container.
  write(path, std::to_string(::getpid()) + "\n1-a\nhost web-2 namespace 7 boot b\n");
  const auto record = read_pid_file(path);
  REQUIRE(record);
  CHECK(record->where == Whereabouts{"web-2", "7", "b"});
  CHECK_FALSE(open_process(*record));
  const UniqueFd held(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  REQUIRE(try_to_lock(held));
  CHECK(is_alive(path, *record));
  const auto refused = file.write_mine();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().text ==
        "poller 1 is alive elsewhere, with pid " + std::to_string(::getpid()) +
            " on host web-2, in another container or on another machine: give each its own --id, "
            "or its own run_dir");
  CHECK(read_pid_file(path) == record);
}

TEST_CASE("pid file: the place of one that has ended elsewhere is free") {
  Directory directory;
  const auto path = directory.path / "poller.1.pid";
  write(path, std::to_string(::getpid()) + "\n1-a\nhost web-2 namespace 7 boot b\n");
  CHECK_FALSE(is_alive(path, *read_pid_file(path)));
  PidFile file(directory.path, 1);
  const auto taken = file.write_mine();
  REQUIRE(taken.ok());
  CHECK_FALSE(taken->has_value());
}

TEST_CASE("pid file: one of an earlier version, which holds nothing, is known by its pid") {
  Directory directory;
  PidFile file(directory.path, 1);
  REQUIRE(file.write_mine().ok());
  auto record = *read_pid_file(file.path());
  write(directory.path / "copy", std::to_string(record.pid) + "\n" + record.nonce + "\n");
  record.where.reset();
  CHECK(read_pid_file(directory.path / "copy") == record);
  CHECK(is_alive(directory.path / "copy", record));
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

TEST_CASE("pid file: a directory that another process holds is no reason not to start") {
  const Directory directory;
  const UniqueFd others(::open(directory.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  REQUIRE(try_to_lock(others));
  PidFile file(directory.path, 1);
  REQUIRE(file.write_mine().ok());
  CHECK(file.look() == Standing::Mine);
}

TEST_CASE("pid file: a lock that another process keeps is told of") {
  const Directory directory;
  const UniqueFd others = open_lock(directory.path / "poller.1.lock");
  REQUIRE(try_to_lock(others));
  PidFile file(directory.path, 1);
  const auto refused = file.write_mine(std::chrono::milliseconds(0));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().text.find("poller.1.lock is locked by another process") !=
        std::string::npos);
  CHECK_FALSE(fs::exists(file.path()));
}
