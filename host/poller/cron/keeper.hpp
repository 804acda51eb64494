// Sees to it that what recurs is queued, as long as this poller lives: holds the lease, or waits
// for whoever holds it to be gone. That blocks, so it happens in a thread of its own with a
// connection of its own; what there is to tell is handed over in the loop's.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/config/config.hpp"
#include "base/log.hpp"
#include "broker/lease.hpp"
#include "poller/cron/ledger.hpp"

namespace actiond {

// What the thread works with. It may outlive everything but the process, so it owns what it uses.
struct CronWork {
  std::function<Result<std::unique_ptr<Lease>>()> open;
  std::map<std::string, CronEntry> entries;
  std::function<std::string(const CronEntry& entry)> queue_of;
  std::string application;
  std::function<std::int64_t()> now_ms;  // since 1970 UTC

  static CronWork of(const Config& config, const std::string& poller);
};

// What one turn of the lease comes to.
struct CronTold {
  std::vector<CronDue> queued;
  std::size_t skipped = 0;
  std::chrono::milliseconds rest{0};  // until there is something to do again; at most kCronRest
  std::optional<CronMarks> marks{};   // what holds now; none: another one has the lease
  std::string problem{};              // why some are not queued, and come again; empty: none
};
inline constexpr std::chrono::milliseconds kCronRest{5000};
inline constexpr std::chrono::milliseconds kCronAfterTrouble{2000};

// Queues what is due, if `lease` is ours.
Result<CronTold> keep(Lease& lease, const CronWork& work);

class CronKeeper {
 public:
  // `io` and `log` must outlive it.
  CronKeeper(boost::asio::io_context& io, Log& log, CronWork work);
  // The thread ends by itself in a quarter of a second, unless its broker does not answer.
  ~CronKeeper();
  CronKeeper(const CronKeeper&) = delete;
  CronKeeper& operator=(const CronKeeper&) = delete;

  // What is remembered of the entries, if this one holds the lease.
  std::optional<CronMarks> marks() const;

  // As Connector::is_any_trying.
  static bool is_any_at_work();

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace actiond
