#include "broker/sqlite/sqlite_broker.hpp"

#include <algorithm>
#include <utility>

#include "broker/sqlite/sqlite_pauses.hpp"
#include "broker/target.hpp"
#include "client/delay_trip.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;
using action::QueueFile;

constexpr auto kTick = 1s;        // for what no bell told
constexpr auto kPatience = 50ms;  // for others' locks, within one call
constexpr auto kBusyWait = 10ms;  // until the next try

}  // namespace

Result<std::unique_ptr<Broker>> SqliteBroker::connect(const std::string& path, const Config& config,
                                                      const std::string& name,
                                                      std::chrono::milliseconds timeout) {
  if (config.queue_type == QueueType::Quorum) return Error{action::kNoQuorumInFile};
  auto file = QueueFile::open(path, timeout);
  if (!file) return file.error();
  auto owner = Owner::enter(**file, name);
  if (!owner) return owner.error();
  auto alarm = Alarm::open((*file)->bell());
  if (!alarm) return alarm.error();
  std::unique_ptr<SqliteBroker> broker(
      new SqliteBroker(std::move(*file), *owner, std::move(*alarm)));
  if (auto opened = broker->open(config); !opened) return opened.error();
  return std::unique_ptr<Broker>(std::move(broker));
}

SqliteBroker::SqliteBroker(std::unique_ptr<QueueFile> file, Owner owner, Alarm alarm)
    : file_(std::move(file)),
      owner_(owner),
      alarm_(std::move(alarm)),
      claims_(*file_, owner_.id()) {}

Result<void> SqliteBroker::open(const Config& config) {
  topology_ = topology_of(config);
  for (const auto& name : config.queues_to_consume()) {
    const auto row = file_->queue(topology_.queue(name));
    if (!row) return row.error();
    queues_.emplace_back().row = *row;
    full_names_.push_back(topology_.queue(name));
  }
  if (auto looked = look_at_pauses_in_file(nullptr); !looked) return looked;
  for (const auto& name : topology_.queues)  // handlers may queue to those that are not consumed
    if (const auto row = file_->queue(topology_.queue(name)); !row) return row.error();
  const auto dead = file_->queue(topology_.dead());
  if (!dead) return dead.error();
  dead_ = *dead;
  const auto buried = owner_.bury_dead();
  if (!buried) return buried.error();
  file_->database().set_patience(kPatience);
  return {};
}

// Where SQLite's log was taken away, whoever opens the file anew begins another one. By then all
// who still write to the old one are to have noticed, at their ticks.
std::chrono::milliseconds SqliteBroker::rest() const {
  return kTick + 200ms;
}

Result<void> SqliteBroker::receive(BrokerListener& listener) {
  alarm_.silence();
  if (is_closing_) return go_on_closing();
  if (auto ticked = tick(listener); !ticked) return ticked;
  if (auto looked = look(); !looked) return looked;
  tell(listener);
  arm();
  return {};
}

Result<void> SqliteBroker::look_at_pauses_in_file(BrokerListener* listener) {
  auto paused = are_paused_in_file(*file_, full_names_);
  if (!paused) return paused.error();
  const auto before = std::exchange(paused_, std::move(*paused));
  if (listener == nullptr) return {};
  for (QueueIndex i = 0; i < paused_.size(); ++i)
    if (paused_[i] != before[i]) listener->on_paused(i, paused_[i]);
  return {};
}

Result<void> SqliteBroker::tick(BrokerListener& listener) {
  const auto now = monotonic_now();
  if (now < next_tick_) return {};
  next_tick_ = now + kTick;
  if (auto there = file_->is_in_place(); !there) return there.error();
  const auto buried = owner_.bury_dead();
  if (!buried) return be_patient(buried.error());
  if (*buried) expect_more();
  if (auto looked = look_at_pauses_in_file(&listener); !looked) return be_patient(looked.error());
  return {};
}

// Another's commit may be of any queue; the events of those that died are another's as well.
void SqliteBroker::expect_more() {
  for (auto& queue : queues_) queue.may_have_more = true;
}

Result<void> SqliteBroker::look() {
  if (file_->has_changed()) {
    expect_more();
    const auto due = claims_.next_due();
    if (!due) return be_patient(due.error());
    next_due_ms_ = *due;
  }
  const bool is_due = next_due_ms_ && *next_due_ms_ <= wall_now_ms();
  if (!is_due && !is_something_there() && !busy_since_) return {};
  return exchange();
}

// To find out costs less than to lock the file for nothing.
bool SqliteBroker::is_something_there() {
  bool is_turn = true;
  for (auto& queue : queues_) {
    if (!queue.is_worth_a_look(is_turn)) continue;
    if (queue.wanted() > 0) {
      const auto has_ready = claims_.has_ready(queue.row);
      if (!has_ready || *has_ready) return true;  // the transaction will meet the error
      queue.may_have_more = false;
    }
    is_turn &= !queue.may_have_more;
  }
  return false;
}

void SqliteBroker::tell(BrokerListener& listener) {
  for (QueueIndex i = 0; i < queues_.size(); ++i)
    if (!std::exchange(queues_[i].is_announced, true))
      listener.on_consuming(i, queues_[i].prefetch);
  std::vector<bool> has_delivered(queues_.size());
  for (auto& [queue, claim] : std::exchange(arrived_, {})) {
    has_delivered[queue] = true;
    listener.on_delivery(queue, static_cast<std::uint64_t>(claim.seq), claim.is_redelivered,
                         claim.message);
  }
  for (QueueIndex i = 0; i < queues_.size(); ++i) answer_probe(i, listener, has_delivered[i]);
  for (const auto& [number, taken] : std::exchange(confirmed_, {}))
    listener.on_published(number, taken);
}

// While the file is locked nothing is known.
void SqliteBroker::answer_probe(QueueIndex index, BrokerListener& listener, bool has_delivered) {
  auto& queue = queues_[index];
  if (!queue.is_probed || (!has_delivered && queue.may_have_more && queue.prefetch > 0)) return;
  queue.is_probed = false;
  if (has_delivered)
    listener.on_probe_delivered(index);
  else
    listener.on_proven_empty(index);
}

void SqliteBroker::arm() {
  const auto now = monotonic_now();
  if (busy_since_) return alarm_.set(now + kBusyWait);
  auto when = next_tick_;
  if (next_due_ms_)
    when = std::min(when, now + std::chrono::milliseconds(std::clamp<std::int64_t>(
                                    *next_due_ms_ - wall_now_ms(), 0, kTick / 1ms)));
  if (has_news()) when = now;
  alarm_.set(when);
}

bool SqliteBroker::has_news() const {
  return !arrived_.empty() || !confirmed_.empty() ||
         std::any_of(queues_.begin(), queues_.end(),
                     [](const Queue& queue) { return queue.is_probed || !queue.is_announced; });
}

Result<void> SqliteBroker::consume(QueueIndex queue, int prefetch) {
  queues_[queue].prefetch = prefetch;
  queues_[queue].is_announced = false;
  arm();
  return {};
}

Result<void> SqliteBroker::cancel(QueueIndex queue) {
  queues_[queue].prefetch = 0;
  queues_[queue].is_announced = true;
  return {};
}

Result<void> SqliteBroker::probe(QueueIndex queue) {
  queues_[queue].is_probed = true;
  arm();
  return {};
}

void SqliteBroker::acknowledge(QueueIndex queue, std::uint64_t tag, Handled handled) {
  --queues_[queue].held;
  acknowledged_.push_back({queue, static_cast<std::int64_t>(tag), handled});
}

Result<void> SqliteBroker::give_back(QueueIndex queue, std::uint64_t tag) {
  --queues_[queue].held;
  given_back_.push_back(static_cast<std::int64_t>(tag));
  return {};
}

Result<void> SqliteBroker::flush() {
  if (!has_settlements()) return {};
  auto done = exchange();
  arm();
  return done;
}

Result<std::uint64_t> SqliteBroker::publish(const std::string& queue, const Message& message) {
  return publish_later(queue, message, {});
}

// It lets go of its key.
Result<std::uint64_t> SqliteBroker::publish_dead(const Message& message) {
  auto number = store(dead_, message, 0);
  stored_.back().message.unique = {};
  return number;
}

Result<std::uint64_t> SqliteBroker::publish_later(const std::string& queue, const Message& message,
                                                  std::chrono::milliseconds delay) {
  const auto row = file_->find_queue(topology_.queue(queue));
  if (!row) return row.error();
  if (*row)
    return store(**row, message, action::due_at_ms(delay, std::chrono::system_clock::now()));
  confirmed_.push_back({++published_, file_->no_such_queue(topology_.queue(queue))});
  arm();
  return published_;
}

Result<std::uint64_t> SqliteBroker::store(std::int64_t queue, const Message& message,
                                          std::int64_t due_at_ms) {
  stored_.push_back({++published_, queue, due_at_ms, message, {}});
  return published_;
}

Result<void> SqliteBroker::close() {
  while (has_settlements())  // until the file is free, or exchange has waited long enough
    if (auto done = exchange(); !done) return done;
  file_->database().set_patience(kLongestBusy);
  return owner_.leave();
}

Result<void> SqliteBroker::begin_close() {
  is_closing_ = true;
  return go_on_closing();
}

// Each try waits as shortly as all else in the loop; who closes says for how long there are more.
Result<void> SqliteBroker::go_on_closing() {
  if (has_settlements())
    if (auto done = exchange(); !done) return done;
  if (!has_settlements()) {
    auto left = owner_.leave();
    is_closed_ = left.ok();
    if (!left)
      if (auto patient = be_patient(left.error()); !patient) return patient;
  }
  arm();
  return {};
}

}  // namespace actiond
