// What a reloader sets going in a poller: processes and threads.
#include <random>
#include <utility>

#include "poller/plugin_sets/reloader.hpp"
#include "poller/plugin_sets/start_limit.hpp"
#include "poller/plugin_sets/successor.hpp"

namespace actiond {
namespace {

constexpr int kSpreadMs = 200;  // over which the pollers of a machine begin to reload

}  // namespace

ReloadTools ReloadTools::real(boost::asio::io_context& io, Clock& clock, const Config& config) {
  ReloadTools tools;
  tools.start_successor = [&io, &clock, &config](
                              std::vector<std::string> words,
                              Successor::OnEnd on_end) -> Result<std::shared_ptr<void>> {
    auto started =
        Successor::start(io, clock, successor_limit(config), std::move(words), std::move(on_end));
    if (!started) return started.error();
    return std::shared_ptr<void>(std::shared_ptr<Successor>(std::move(*started)));
  };
  tools.renew = [&io, &config](Renewal::OnEnd on_end) {
    return std::make_shared<Renewal>(io, config, std::move(on_end));
  };
  tools.spread = [] { return std::chrono::milliseconds(std::random_device{}() % kSpreadMs); };
  return tools;
}

}  // namespace actiond
