// A poller's reloader, whose successors and trials are the test's to end.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "../fake_clock.hpp"
#include "../log_scene.hpp"
#include "poller/plugin_sets/reloader.hpp"
#include "poller/plugin_sets/set_record.hpp"

inline constexpr auto kReloadSpread = std::chrono::milliseconds(100);

struct ReloadScene : LogScene {
  boost::asio::io_context io;
  FakeClock clock;
  actiond::Config config;
  std::vector<std::string> started;  // the words of successors, in one line each
  std::function<void(const actiond::Result<void>&)> on_end;
  actiond::Renewal::OnEnd on_renewed;
  std::weak_ptr<int> attempt;  // that is under way
  int trials = 0;
  std::string happened;  // "renewed", "going back", "succeeded"
  std::vector<actiond::Mark> marks;
  actiond::ReloadOptions options;
  std::unique_ptr<actiond::PluginSet> plugins;
  std::unique_ptr<actiond::Reloader> reloader;

  explicit ReloadScene(bool is_daemon = true, const std::string& snapshot = "") {
    config.plugins = directory / "plugins.d";
    config.run_dir = directory / "run";
    config.reload = actiond::Reload::Manual;
    std::filesystem::create_directories(config.plugins);
    std::filesystem::create_directories(config.run_dir);
    write("mail", "one");
    plugins = std::make_unique<actiond::PluginSet>(config, log);
    REQUIRE(plugins->load("").ok());
    options = {1, {}, snapshot};
    if (is_daemon) options.successor = {"start", "--id", "1"};
    begin();
  }
  void begin() {
    reloader = std::make_unique<actiond::Reloader>(clock, config, log, *plugins, options, events(),
                                                   tools());
  }
  actiond::ReloadEvents events() {
    return {[this](const actiond::LoadReport&) { happened += "renewed "; },
            [this] { happened += "going back "; }, [this] { happened += "succeeded "; },
            [this](actiond::Mark mark) { marks.push_back(std::move(mark)); }};
  }
  actiond::ReloadTools tools() {
    actiond::ReloadTools tools;
    tools.start_successor = [this](std::vector<std::string> words, auto end) {
      std::string line;
      for (const auto& word : words) line += (line.empty() ? "" : " ") + word;
      started.push_back(line);
      on_end = std::move(end);
      return actiond::Result<std::shared_ptr<void>>(under_way());
    };
    tools.renew = [this](actiond::Renewal::OnEnd end) {
      ++trials;
      on_renewed = std::move(end);
      return under_way();
    };
    tools.spread = [] { return kReloadSpread; };
    return tools;
  }
  std::shared_ptr<void> under_way() {
    auto handle = std::make_shared<int>();
    attempt = handle;
    return handle;
  }

  void write(const std::string& plugin, const std::string& content) {
    std::ofstream(config.plugins / (plugin + ".so")) << content;
  }
  // It runs as poller 1, after that set.
  void work(const std::string& previous = "") {
    if (!previous.empty())
      REQUIRE(actiond::write_set_record(config.run_dir, 1, {previous, "", "", ""}).ok());
    reloader->took_over();
    reloader->resume();
  }
  void change() { reloader->sources_changed(); }
  void refuse() { on_end(actiond::Error{"plugin mail.so: no"}); }
  // True: the plugins are blamed.
  bool run(const std::string& event, actiond::Ending ending) {
    return reloader->ended(event, ending);
  }
  actiond::SetRecord record() const { return actiond::read_set_record(config.run_dir, 1); }
};

// Another poller's, for as long as it lives.
struct OthersTurn {
  explicit OthersTurn(const ReloadScene& scene)
      : fd(::open((scene.config.run_dir / "reload.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC,
                  0640)) {
    REQUIRE(::flock(fd.get(), LOCK_EX | LOCK_NB) == 0);
  }
  actiond::UniqueFd fd;
};

inline bool is_turn_free(const ReloadScene& scene) {
  const actiond::UniqueFd fd(
      ::open((scene.config.run_dir / "reload.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  return ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0;
}

inline const std::string kStart = "start --id 1";
inline const std::string kOld = "0123456789ab";
inline const std::string kStartOld = kStart + " --snapshot " + kOld;
