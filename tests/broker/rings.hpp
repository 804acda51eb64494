// Servers of memcached of a case's own, and a place in one.
#pragma once

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "client/memcached/rings.hpp"
#include "place.hpp"
#include "skipping.hpp"

namespace actiond::test {

namespace fs = std::filesystem;
namespace mc = action::memcached;

inline std::string shell(const std::string& command) {
  std::string text;
  FILE* const pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  for (char part[512]; std::fgets(part, sizeof part, pipe) != nullptr;) text += part;
  REQUIRE_MESSAGE(::pclose(pipe) == 0, command, text);
  return text;
}

// A server of a case's own, with these options.
class OwnServer {
 public:
  explicit OwnServer(const std::string& options) {
    std::string pattern = (fs::temp_directory_path() / "action-ring-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    directory_ = pattern;
    script(options + " start");
    url_ = shell(command() + "url");
    url_.pop_back();
  }
  ~OwnServer() { script("stop --purge"); }
  OwnServer(const OwnServer&) = delete;
  OwnServer& operator=(const OwnServer&) = delete;

  void script(const std::string& words) const { shell(command() + words + " </dev/null"); }
  const std::string& url() const { return url_; }
  void freeze_for(std::chrono::milliseconds time) const {
    const pid_t pid = std::stoi(shell("cat '" + directory_.native() + "/server.pid'"));
    ::kill(pid, SIGSTOP);
    std::this_thread::sleep_for(time);
    ::kill(pid, SIGCONT);
  }

 private:
  std::string command() const {
    return SCRIPTS_DIR "/memcached --dir '" + directory_.native() + "' ";
  }
  fs::path directory_;
  std::string url_;
};

class Ring : public Place {
 public:
  explicit Ring(const std::string& url) : Place("memcached", url) { config_.application = "rings"; }
  void take_away() override {}

  std::unique_ptr<mc::Rings> open() const {
    auto rings = mc::Rings::open(config_.brokers.front(), config_.application, 10s, 10s);
    if (!rings) FAIL(rings.error().text);
    return std::move(*rings);
  }
};

inline bool has_memcached() {
  return std::getenv("ACTION_TEST_MEMCACHED") != nullptr;
}

}  // namespace actiond::test
