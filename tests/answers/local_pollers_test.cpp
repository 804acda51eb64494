#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <vector>

#include "answers/local_pollers.hpp"
#include "poller/face/control_socket.hpp"

using namespace actiond;
namespace fs = std::filesystem;

namespace {

struct Directory {
  Directory() {
    std::string name = fs::temp_directory_path() / "action-XXXXXX";
    path = ::mkdtemp(name.data());
  }
  ~Directory() { fs::remove_all(path); }
  void write(const std::string& name, const std::string& text = "") const {
    std::ofstream(path / name) << text;
  }
  fs::path path;
};

// Somebody who listens on a control socket.
class Listener {
 public:
  explicit Listener(const fs::path& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    REQUIRE(::bind(fd_.get(), generic, sizeof address) == 0);
    REQUIRE(::listen(fd_.get(), 8) == 0);
  }
  void close() { fd_.reset(); }

 private:
  UniqueFd fd_;
};

}  // namespace

TEST_CASE("local pollers: what the name of a control socket says") {
  CHECK(socket_of("poller.3.4711.0a1b2c3d.sock") ==
        PollerSocket{3, 4711, "poller.3.4711.0a1b2c3d.sock"});
  CHECK(socket_of("poller.3.4711.sock") == PollerSocket{3, 4711, "poller.3.4711.sock"});
  CHECK(socket_of("poller.console.12.sock") ==
        PollerSocket{std::nullopt, 12, "poller.console.12.sock"});
  for (const char* name :
       {"poller.3.sock", "poller.3.4711.pid", "poller.x.1.sock", "poller.3.x.sock",
        "poller.3.-1.sock", "poller..sock", "poller.sock", "x.3.1.sock", "poller.3.1.2.sock", "",
        "poller.0.7.sock", "poller.3.1.0a1b2c3x.sock", "poller.3.1.0a1b2c3d.4.sock"})
    CHECK_FALSE_MESSAGE(socket_of(name).has_value(), name);
  const fs::path path = control_path("/run", 3, 4711);
  CHECK(socket_of(path.filename().native())->pid == 4711);
}

TEST_CASE("local pollers: what the name of a PID file says") {
  CHECK(pid_file_id("poller.3.pid") == 3);
  for (const char* name :
       {"poller.3.pid.77", "poller.x.pid", "poller..pid", "poller.pid", "poller.3.lock", "3.pid"})
    CHECK_FALSE_MESSAGE(pid_file_id(name).has_value(), name);
}

TEST_CASE("local pollers: by id, consoles last") {
  Directory run;
  const auto pid = std::to_string(::getpid());
  std::vector<Listener> listeners;
  for (const char* who : {"console", "10", "2"})
    listeners.emplace_back(run.path / ("poller." + std::string(who) + "." + pid + ".sock"));
  run.write("poller.2.pid", "7\n1-a\n");
  run.write("poller.5.pid", "rubbish");
  run.write("poller.2.lock");
  run.write("poller.2.log");
  const auto found = find_pollers(run.path);
  REQUIRE(found.ok());
  REQUIRE(found->sockets.size() == 3);
  CHECK(found->sockets[0].id == 2);
  CHECK(found->sockets[1].id == 10);
  CHECK_FALSE(found->sockets[2].id.has_value());
  REQUIRE(found->pid_records.size() == 1);
  CHECK(found->pid_records.at(2) == PidRecord{7, "1-a"});
}

TEST_CASE("local pollers: a socket on which nobody listens is nobody's, and stays") {
  Directory run;
  const auto path = run.path / ("poller.1." + std::to_string(::getpid()) + ".0a1b2c3d.sock");
  Listener listener(path);
  CHECK(find_pollers(run.path)->sockets.size() == 1);
  CHECK(is_listening(path));
  CHECK(open_process(PollerSocket{1, 1, path}));  // the pid is asked of the kernel
  listener.close();
  CHECK(find_pollers(run.path)->sockets.empty());
  CHECK_FALSE(open_process(PollerSocket{1, ::getpid(), path}));
  CHECK(fs::exists(path));
}

TEST_CASE("local pollers: a directory that is not there holds none, one that is none is an error") {
  Directory run;
  run.write("file");
  CHECK(find_pollers(run.path / "missing")->sockets.empty());
  CHECK_FALSE(find_pollers(run.path / "file").ok());
}
