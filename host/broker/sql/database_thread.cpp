#include "broker/sql/database_thread.hpp"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>

#include "broker/sql/sql_pauses.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;
using action::sql::QueueTables;

constexpr auto kAliveTick = 5s;  // until the next proof that the others count us as alive
constexpr auto kDueGrain = 2ms;  // the server's clock is rounded down, to the millisecond
constexpr auto kPauseLook = 3s;  // at which queues are paused, unless a bell rings
constexpr auto kPauseLookRung = 200ms;

UniqueFd watch(const std::string& path) {
  UniqueFd fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (fd) ::inotify_add_watch(fd.get(), path.c_str(), IN_MODIFY);
  return fd;
}

}  // namespace

DatabaseThread::DatabaseThread(std::unique_ptr<QueueTables> tables, DatabaseOwner owner,
                               std::vector<std::string> queues, Mailbox& mailbox,
                               std::optional<std::vector<bool>> paused)
    : tables_(std::move(tables)),
      owner_(owner),
      claims_(*tables_, owner_.id()),
      queues_(std::move(queues)),
      starts_(queues_.size()),
      exchange_(*tables_, claims_, owner_, queues_, starts_),
      mailbox_(mailbox),
      bell_(watch(tables_->bell().path())),
      paused_(std::move(paused)),
      thread_([this] { run(); }) {}

DatabaseThread::~DatabaseThread() {
  interrupt();
  mailbox_.close();
  thread_.join();
}

void DatabaseThread::run() {
  while (!is_over_) {
    auto done = turn();
    if (done) continue;
    News last;
    last.failure = done.error();
    mailbox_.tell(std::move(last), {});
    return;
  }
}

Result<void> DatabaseThread::turn() {
  const bool is_rung = wait();
  DatabaseTurn turn;
  // Asked first: what was ordered before the close is among the orders then.
  const bool is_closing = mailbox_.is_closing();
  std::tie(turn.orders, turn.holds) = mailbox_.take_orders();
  if (is_closing) return leave(turn);
  auto asked = tables_->repeat([&]() -> Result<void> {  // while somebody locks a table
    if (auto alive = check_alive(); !alive) return alive;
    if (auto looked = look_at_pauses(turn, is_rung); !looked) return looked;
    return look(turn, is_rung);
  });
  if (!asked) return asked;
  if (exchange_.is_due(turn))
    if (auto done = exchange_.run(turn); !done) return done;
  if (auto listened = listen(turn); !listened) return listened;
  answer_probes(turn);
  if (!turn.news.arrived.empty()) {
    pace_.found();
    next_look_ = monotonic_now() + LookPace::kShortest;
  }
  mailbox_.tell(std::move(turn.news), turn.holds);
  return {};
}

// True: somebody has stored something, on this machine or where the server tells of it.
bool DatabaseThread::wait() {
  auto& session = tables_->session();
  bool is_rung = session.take_notices();  // that came with an answer
  const auto until = mailbox_.sleep_until(next_look_, std::min(next_tick_, exchange_.next_try()));
  const auto rest = std::chrono::ceil<std::chrono::milliseconds>(until - monotonic_now());
  pollfd fds[] = {
      {mailbox_.wake_fd(), POLLIN, 0}, {bell_.get(), POLLIN, 0}, {session.notice_fd(), POLLIN, 0}};
  ::poll(fds, 3, is_rung ? 0 : static_cast<int>(std::clamp<long>(rest.count(), 0, 60'000)));
  mailbox_.silence_wake();
  char events[4096];
  is_rung |= session.take_notices();
  while (::read(bell_.get(), events, sizeof events) > 0) is_rung = true;
  return is_rung;
}

Result<void> DatabaseThread::check_alive() {
  const auto now = monotonic_now();
  if (now < next_tick_) return {};
  next_tick_ = now + kAliveTick;
  return owner_.check_alive();
}

Result<void> DatabaseThread::look_at_pauses(DatabaseTurn& turn, bool is_rung) {
  const auto now = monotonic_now();
  if (!paused_ || now - last_pause_look_ < (is_rung ? kPauseLookRung : kPauseLook)) return {};
  last_pause_look_ = now;
  auto paused = are_paused_in_database(*tables_, queues_);
  if (!paused) return paused.error();
  if (*paused != *paused_) turn.news.paused = paused_ = std::move(*paused);
  return {};
}

Result<void> DatabaseThread::look(DatabaseTurn& turn, bool is_rung) {
  const auto now = monotonic_now();
  const auto is_probed = std::any_of(turn.holds.begin(), turn.holds.end(),
                                     [](const auto& hold) { return hold.is_probed; });
  if (!is_probed && !is_rung && now < next_look_) return {};
  auto from_ms = starts_.at(now);
  for (QueueIndex i = 0; i < queues_.size(); ++i)
    if (turn.holds[i].is_probed) from_ms[i] = kBeginning;  // that it is empty is to be proved
  auto look = claims_.look(queues_, from_ms);
  if (look && is_rung && !look->is_anything_due()) {
    starts_.restart();  // something may have been given back
    look = claims_.look(queues_, starts_.at(now));
  }
  if (!look) return look.error();
  bool is_more = look->is_owner_dead;
  if (look->is_owner_dead)
    if (auto buried = owner_.bury_dead(); !buried) return buried.error();
  auto until = is_listening_ ? LookPace::kListening : pace_.found_nothing();
  for (QueueIndex i = 0; i < queues_.size(); ++i) {
    const auto& due = look->due_in_ms[i];
    turn.holds[i].may_have_more = look->is_owner_dead || due == 0;
    is_more |= turn.holds[i].may_have_more;
    if (due > 0) until = std::min(until, std::chrono::milliseconds(*due) + kDueGrain);
  }
  if (is_more) pace_.found();
  turn.has_found_nothing = !is_more;
  next_look_ = monotonic_now() + until;
  return {};
}

// While there is something to be taken, or nothing wanted, nobody needs to tell. What was stored
// before it is known that this one listens is found by one more look.
Result<void> DatabaseThread::listen(const DatabaseTurn& turn) {
  const auto& sql = tables_->dialect();
  const auto is_wanting = [](const QueueHold& hold) { return hold.wanted() > 0; };
  const auto has_more = [](const QueueHold& hold) { return hold.may_have_more; };
  const auto& holds = turn.holds;
  const bool is_idle = turn.has_found_nothing && turn.news.arrived.empty();
  const bool is_busy = std::none_of(holds.begin(), holds.end(), is_wanting) ||
                       std::any_of(holds.begin(), holds.end(), has_more);
  const bool should_listen = !is_busy && (is_listening_ || is_idle);
  if (sql.listen.empty() || should_listen == is_listening_) return {};
  const auto done = tables_->session().execute(is_listening_ ? sql.listen_no_more : sql.listen);
  if (!done) return done.error();
  is_listening_ = !is_listening_;
  next_look_ = monotonic_now();
  return {};
}

void DatabaseThread::answer_probes(DatabaseTurn& turn) const {
  std::vector<bool> has_arrived(queues_.size());
  for (const auto& each : turn.news.arrived) has_arrived[each.queue] = true;
  for (QueueIndex i = 0; i < queues_.size(); ++i) {
    const auto& hold = turn.holds[i];
    if (!hold.is_probed) continue;
    if (has_arrived[i])
      turn.news.probe_delivered.push_back(i);
    else if (hold.prefetch == 0 || !hold.may_have_more)
      turn.news.proven_empty.push_back(i);
  }
}

// What was settled is applied, and what is left in hand is given back.
Result<void> DatabaseThread::leave(DatabaseTurn& turn) {
  for (auto& hold : turn.holds) hold.prefetch = 0;
  if (!turn.orders.is_empty())
    if (auto done = exchange_.run(turn); !done) return done;
  if (auto left = owner_.leave(); !left) return left;
  is_over_ = true;
  turn.news.is_closed = true;
  mailbox_.tell(std::move(turn.news), turn.holds);
  return {};
}

}  // namespace actiond
