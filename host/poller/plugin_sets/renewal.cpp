#include "poller/plugin_sets/renewal.hpp"

#include <boost/asio/post.hpp>

#include "poller/plugin_sets/plugin_directory.hpp"
#include "poller/plugin_sets/set_record.hpp"
#include "poller/runners/trial.hpp"

namespace actiond {
namespace {

Result<Renewed> try_out(const Config& config, const std::atomic<bool>& is_wanted) {
  auto snapshot =
      Snapshots(config.run_dir).make(config.plugins, [&] { return recorded_sets(config.run_dir); });
  if (!snapshot) return snapshot.error();
  auto files = list_plugins(snapshot->directory);
  if (!files) return files.error();
  Trial trial;
  trial.is_wanted = [&is_wanted] { return is_wanted.load(); };
  auto report = trial.load(runner_setup(config, std::move(*files)), config.load_timeout);
  if (!report) return report.error();
  trial.end();
  return Renewed{std::move(*snapshot), std::move(*report)};
}

}  // namespace

Renewal::Renewal(boost::asio::io_context& io, const Config& config, OnEnd on_end)
    : thread_([&io, &config, on_end = std::move(on_end), is_wanted = is_wanted_] {
        auto renewed = std::make_shared<Result<Renewed>>(try_out(config, *is_wanted));
        boost::asio::post(io, [on_end, is_wanted, renewed] {
          if (*is_wanted) on_end(std::move(*renewed));
        });
      }) {}

Renewal::~Renewal() {
  *is_wanted_ = false;
  thread_.join();
}

}  // namespace actiond
