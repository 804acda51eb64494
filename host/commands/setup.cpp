// setup: makes what the broker needs for the application, as the first poller would; for those
// whose pollers may not.
#include <fmt/format.h>

#include "broker/broker.hpp"
#include "broker/lease.hpp"
#include "commands/command.hpp"
#include "poller/cron/ledger.hpp"

namespace actiond {
namespace {

constexpr std::chrono::seconds kSetupTimeout{10};

Result<int> setup(const Common& common) {
  auto config = load(common);
  if (!config) return config.error();
  if (auto made = make_tables(*config, process_name(), kSetupTimeout); !made) return made.error();
  auto broker = connect_broker(*config, process_name(), kSetupTimeout);
  if (!broker) return broker.error();
  if (auto closed = (*broker)->close(); !closed) return closed.error();
  if (!config->cron.empty())
    if (auto lease = open_lease(*config, process_name(), obey, kSetupTimeout); !lease)
      return lease.error();
  fmt::print("{} has all that the application {} needs\n", (*broker)->name(), config->application);
  return kDone;
}

}  // namespace

void add_setup(CLI::App& app, Common& common) {
  add_verb(app, common, "setup", "make the application's queues or tables in the broker",
           "Example:  actiond setup -e admin\n"
           "Pollers do the same when they start. This is for users who may make tables in a\n"
           "database while the pollers' own user may not.",
           [&common] { return setup(common); });
}

}  // namespace actiond
