// Where the pages have it from: the broker's queues, the pollers of this machine, the statistics
// file. Each is looked at only when somebody asks, and apart from the others: one that is slow or
// broken says so in its own part of the page.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/config/config.hpp"
#include "statistics/report.hpp"
#include "web/depths.hpp"
#include "web/lookout.hpp"

namespace actiond::web {

struct BrokerView {
  nlohmann::json queues;  // members "broker" and "queues", as status --json has them
};

struct PollersView {
  nlohmann::json pollers = nlohmann::json::array();  // as status --json has them
  std::string problem;                               // why they can't be looked for
  double done_a_second = 0;
};

// Per queue what its events came to, of the same stretch as the report.
struct QueueCounts {
  std::array<std::uint64_t, kReportBins> series{};
  std::uint64_t events = 0;
  WaitTimes wait;
};

struct StatisticsView {
  std::string problem;  // why there is nothing in the rest
  Report hour;
  std::uint64_t day_events = 0, day_failed = 0;  // of the last 24 hours
  std::map<std::string, QueueCounts> queues;
  // Per event the time, in ms since 1970, of the first dead letter of the last hour.
  std::map<std::string, std::int64_t> dead_since_ms;
};

struct View {
  std::shared_ptr<const BrokerView> broker;  // null: not seen yet
  std::shared_ptr<const PollersView> pollers;
  std::shared_ptr<const StatisticsView> statistics;
};

// What counts towards the share that failed.
std::uint64_t failed_of(const Figures& figures);

class Sources {
 public:
  // `config` must live as long as the process.
  explicit Sources(const Config& config);

  // Calls `done` once all three have been looked at, from whichever thread. Whoever can't wait
  // looks at `view` before.
  void refresh(std::function<void()> done);
  View view() const;
  // How long each queue was, minute by minute, as far as somebody looked.
  const Depths& depths() const { return *depths_; }

 private:
  std::shared_ptr<Depths> depths_;
  Lookout<BrokerView> broker_;
  Lookout<PollersView> pollers_;
  Lookout<StatisticsView> statistics_;
};

}  // namespace actiond::web
