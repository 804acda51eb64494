#include "poller/cron/keeper.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "base/clock.hpp"

namespace actiond {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kCronConnect{5000};
constexpr milliseconds kMoment{250};  // how long the thread may not know that it is to end

std::atomic<int> keepers_at_work{0};

action::Message tick_message(const CronWork& work, const CronDue& due, std::int64_t now_ms) {
  action::Message message;
  message.event = work.entries.at(due.name).event;
  message.id = tick_id(work.application, due.name, due.tick);
  message.body = work.entries.at(due.name).params;
  message.trail.queued_at_ms = now_ms;
  message.enqueued_at_s = now_ms / 1000;
  message.sender = "actiond cron " + due.name;
  return message;
}

LeaseStep step_of(const CronWork& work, const CronTurn& turn, std::int64_t now_ms) {
  LeaseStep step;
  for (const auto& due : turn.due)
    step.events.push_back(
        {work.queue_of(work.entries.at(due.name)), tick_message(work, due, now_ms)});
  step.state = to_text(turn.marks);
  return step;
}

// What holds without them, and is told.
std::string leave_out(const LeaseStep::Refused& refused, const CronTurn& turn,
                      const CronMarks& before, CronTold& told) {
  std::set<std::size_t> places;
  std::set<std::string> names;
  told.queued.clear();
  for (std::size_t i = 0; i < turn.due.size(); ++i)
    if (!refused.contains(i))
      told.queued.push_back(turn.due[i]);
    else if (places.insert(i).second)
      names.insert(turn.due[i].name);
  told.problem = fmt::format("that of {} was not taken: {}", fmt::join(names, ", "),
                             refused.begin()->second.text);
  told.rest = std::min(told.rest, kCronAfterTrouble);
  told.marks = marks_without(turn, before, places);
  return to_text(*told.marks);
}

Result<milliseconds> rest_until(const CronWork& work, const CronMarks& marks, std::int64_t now_ms) {
  const auto next = next_turn(work.entries, marks);
  if (!next) return next.error();
  if (!*next) return kCronRest;
  const milliseconds wait((*next)->time_since_epoch() - milliseconds(now_ms));
  return std::clamp(wait, milliseconds(1), kCronRest);
}

}  // namespace

CronWork CronWork::of(const Config& config, const std::string& poller) {
  return {[config, poller] { return open_lease(config, "actiond " + poller, obey, kCronConnect); },
          config.cron,
          [events = config.events, otherwise = config.default_queue](const CronEntry& entry) {
            if (!entry.queue.empty()) return entry.queue;
            const auto event = events.find(entry.event);
            return event == events.end() ? otherwise : event->second.queue.value_or(otherwise);
          },
          config.application, wall_now_ms};
}

Result<CronTold> keep(Lease& lease, const CronWork& work) {
  CronTold told;
  const auto held = lease.turn([&](const std::string& state) -> Result<std::optional<LeaseStep>> {
    const auto now_ms = work.now_ms();
    const CronTick now(std::chrono::seconds(now_ms / 1000));
    const auto before = read_marks(state);
    const auto turn = cron_turn(work.entries, before, now);
    if (!turn) return turn.error();
    const auto rest = rest_until(work, turn->marks, now_ms);
    if (!rest) return rest.error();
    told = {turn->due, turn->skipped, *rest, turn->marks, {}};
    if (!turn->has_changed) return std::optional<LeaseStep>();
    auto step = step_of(work, *turn, now_ms);
    step.state_without = [&told, before, turn = *turn](const LeaseStep::Refused& refused) {
      return leave_out(refused, turn, before, told);
    };
    return std::optional(std::move(step));
  });
  if (!held) return held.error();
  if (!*held) return CronTold{{}, 0, kCronRest, {}, {}};
  return told;
}

// Where the thread leaves what is to be told; without `io` nobody is there to hear it.
struct CronKeeper::Shared {
  CronWork work;
  Log* log;
  std::mutex mutex;
  boost::asio::io_context* io;
  std::atomic<bool> is_wanted{true};
  std::condition_variable no_more_wanted{};
  std::string problem{};  // the thread's own: the last that was told
  std::optional<CronMarks> marks{};

  template <typename Tell>
  void post(Tell tell) {
    const std::lock_guard lock(mutex);
    if (io != nullptr) boost::asio::post(*io, [to = log, tell] { tell(*to); });
  }

  // Once for each reason.
  void say(const std::string& why) {
    if (std::exchange(problem, why) == why || why.empty()) return;
    post([why](Log& to) { to.error("what recurs (cron:) is not queued by this poller: {}", why); });
  }

  void keep_marks(std::optional<CronMarks> known) {
    const std::lock_guard lock(mutex);
    marks = std::move(known);
  }

  void say(const CronTold& told) {
    say(told.problem);
    keep_marks(told.marks);
    if (told.skipped > 0)
      post([skipped = told.skipped](Log& to) {
        to.warning("cron: {} time{} missed, and not made up for", skipped,
                   skipped == 1 ? " was" : "s were");
      });
    for (const auto& due : told.queued)
      post([name = due.name, tick = due.tick](Log& to) {
        to.debug("cron: {} of {} is queued", name,
                 format_rfc3339(tick.time_since_epoch() / milliseconds(1)));
      });
  }

  void rest(milliseconds time) {
    std::unique_lock lock(mutex);
    no_more_wanted.wait_for(lock, time, [this] { return !is_wanted; });
  }

  void end() {
    const std::lock_guard lock(mutex);
    is_wanted = false;
    io = nullptr;
    no_more_wanted.notify_all();
  }

  // The same, but what comes ends it.
  Result<void> rest_with(Lease& lease, milliseconds time) {
    if (!lease.hears()) return rest(time), Result<void>();
    const auto until = monotonic_now() + time;
    for (auto left = time; is_wanted && left.count() > 0;
         left = std::chrono::ceil<milliseconds>(until - monotonic_now())) {
      const auto has_come = lease.wait(std::min(left, kMoment));
      if (!has_come) return has_come.error();
      if (*has_come) return {};
    }
    return {};
  }

  // Until something is wrong with it, or nobody wants it any more.
  Error hold(Lease& lease) {
    while (is_wanted) {
      const auto told = keep(lease, work);
      if (!told) return told.error();
      say(*told);
      if (auto rested = rest_with(lease, told->rest); !rested) return rested.error();
    }
    return {};
  }

  void run() {
    while (is_wanted) {
      auto lease = work.open();
      const auto why = lease ? hold(**lease) : lease.error();
      if (!is_wanted) return;
      keep_marks({});
      say(why.text);
      rest(kCronAfterTrouble);
    }
  }
};

CronKeeper::CronKeeper(boost::asio::io_context& io, Log& log, CronWork work)
    : shared_(new Shared{std::move(work), &log, {}, &io}) {
  ++keepers_at_work;
  std::thread([shared = shared_] {
    shared->run();
    --keepers_at_work;
  }).detach();
}

CronKeeper::~CronKeeper() {
  shared_->end();
}

std::optional<CronMarks> CronKeeper::marks() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->marks;
}

bool CronKeeper::is_any_at_work() {
  return keepers_at_work > 0;
}

}  // namespace actiond
