// What a poller reaches the world by: its brokers, and its runners' processes.
#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "poller/poller.hpp"
#include "poller/runners/hand_page.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr auto kConnectTime = 5s;  // for each broker

std::string host_name() {
  char name[256] = "";
  ::gethostname(name, sizeof name - 1);
  return name;
}

// Without a page its runners work as well; it is only not known what was in hand if this dies.
RunnerSlot::Spawn spawn_from(const Config& config, const std::string& id, Log& log) {
  return [&config, &log, id](const std::vector<std::string>& hidden_variables) {
    auto hand = HandPage::create(config.run_dir, id);
    if (hand) return RunnerProcess::spawn_with(std::move(*hand), hidden_variables);
    log.warning("{}: should an event end this poller, it won't be known which", hand.error().text);
    return RunnerProcess::spawn(hidden_variables);
  };
}

}  // namespace

// A try to connect may outlive the poller: it has a configuration of its own.
PollerTools PollerTools::real(boost::asio::io_context& io, Clock& clock, const Config& config,
                              std::optional<int> id, Log& log) {
  const std::string id_text = id ? std::to_string(*id) : "console";
  const std::string name = fmt::format("{}/{}", host_name(), id_text);
  return {
      name,
      clock,
      [config, name] { return connect_broker(config, "actiond " + name, kConnectTime); },
      [config, name] { return tend_broker(config, "actiond " + name + " (upkeep)", kConnectTime); },
      spawn_from(config, id_text, log),
      ReloadTools::real(io, clock, config)};
}

}  // namespace actiond
