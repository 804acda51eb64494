#include "client/sql/queue_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <random>
#include <thread>

#include "client/clean_text.hpp"
#include "client/unique.hpp"

namespace action::sql {
namespace {

using std::chrono::milliseconds;

constexpr int kMostTries = 20;
constexpr milliseconds kFirstPause{2}, kLongestPause{200};
constexpr std::size_t kRowSizes[] = {128, 16, 1};  // of INSERTs, which are prepared for each
constexpr std::size_t kMostTogether = 1 << 20;     // bytes of several events in one INSERT
constexpr std::size_t kRoomForTheRest = 65536;     // of an event besides its params
constexpr std::size_t kRoomInARow = 1024;          // for its names and numbers

// So that those who were in each other's way are not again.
void pause(int tries) {
  thread_local std::minstd_rand random{std::random_device{}()};
  const auto most = std::min(kFirstPause * (1 << std::min(tries, 10)), kLongestPause);
  std::this_thread::sleep_for(
      milliseconds(std::uniform_int_distribution<long>(1, most.count())(random)));
}

std::size_t size_of(const Message& message) {
  return message.body.size() + message.properties.size() + message.trail.error.size() +
         message.trail.backtrace.size();
}

}  // namespace

Result<std::unique_ptr<QueueTables>> QueueTables::open(const std::string& address,
                                                       const std::string& application,
                                                       const std::string& name,
                                                       milliseconds timeout, milliseconds patience,
                                                       Missing missing) {
  auto url = parse_database_url(address);
  if (!url) return url.error();
  auto dialect = dialect_of(url->kind, application);
  if (!dialect) return dialect.error();
  auto session = open_session(*url, name, timeout, patience);
  if (!session) return session.error();
  std::unique_ptr<QueueTables> tables(
      new QueueTables(std::move(*url), application, std::move(*session), std::move(*dialect)));
  if (auto prepared = tables->prepare(missing); !prepared) return prepared.error();
  return tables;
}

QueueTables::QueueTables(DatabaseUrl url, std::string application, std::unique_ptr<Session> session,
                         Dialect dialect)
    : url_(std::move(url)),
      application_(std::move(application)),
      session_(std::move(session)),
      dialect_(std::move(dialect)) {}

Result<void> QueueTables::transaction(const std::function<Result<void>()>& work, Loss loss) {
  return repeat([&] { return try_once(work, loss); });
}

Result<void> QueueTables::repeat(const std::function<Result<void>()>& work) {
  for (int tries = 0;; ++tries) {
    auto done = work();
    const bool is_over = is_in_transaction_ || tries >= kMostTries;
    if (done || session_->trouble() != Trouble::Again || is_over) return done;
    ++repeated_;
    pause(tries);
  }
}

Result<void> QueueTables::tell_listeners() {
  if (dialect_.tell_listeners.empty()) return {};
  const auto told = session_->execute(dialect_.tell_listeners);
  return told ? Result<void>() : told.error();
}

// A failure to roll back changes nothing: the connection is over then, and rolls back itself.
Result<void> QueueTables::try_once(const std::function<Result<void>()>& work, Loss loss) {
  const auto& begin = loss == Loss::Never ? dialect_.begin : dialect_.begin_lightly;
  if (const auto begun = session_->execute(begin); !begun) return begun.error();
  is_in_transaction_ = true;
  auto done = work();
  is_in_transaction_ = false;
  if (done) {
    const auto committed = session_->execute("COMMIT");
    return committed ? done : committed.error();
  }
  const auto trouble = session_->trouble();
  if (trouble != Trouble::Lost) (void)session_->execute("ROLLBACK").ok();
  session_->set_trouble(trouble);
  return done;
}

Result<bool> QueueTables::has_queue(const std::string& name) {
  if (queues_.contains(name)) return true;
  const auto found =
      session_->with(fmt::format("SELECT 1 FROM {} WHERE name = ?", dialect_.queues), name);
  if (!found) return found.error();
  if (found->rows() > 0) queues_.insert(name);
  return found->rows() > 0;
}

Result<void> QueueTables::add_queue(const std::string& name) {
  const auto found = has_queue(name);
  if (!found) return found.error();
  if (*found) return {};
  if (const auto added = session_->with(dialect_.add_queue, name); !added) return added.error();
  queues_.insert(name);
  return {};
}

Result<void> QueueTables::add_fences() {
  if (dialect_.add_fences.empty()) return {};
  return repeat([this]() -> Result<void> {
    const auto added = session_->execute(dialect_.add_fences);
    return added ? Result<void>() : added.error();
  });
}

Error QueueTables::no_such_queue(const std::string& name) const {
  return {
      fmt::format("{} has no queue '{}' of the application {}: correct its name, or add it to "
                  "queues: in the configuration",
                  url_.shown, name, application_)};
}

Result<void> QueueTables::check_size(const Message& message) const {
  const auto size = size_of(message) + kRoomForTheRest;
  if (size <= session_->most_bytes()) return {};
  return Error{fmt::format("the event has {} bytes, and {} takes up to {} together: make it "
                           "smaller, or raise max_allowed_packet there",
                           size_of(message), url_.shown, session_->most_bytes()),
               Fault::Lasting};
}

Result<void> QueueTables::insert(std::span<const NewEvent> events) {
  const auto has_key = [](const NewEvent& event) { return !event.message->unique.key.empty(); };
  while (!events.empty()) {
    if (has_key(events.front())) {
      if (auto inserted = insert_with_key(events.front()); !inserted) return inserted;
      events = events.subspan(1);
      continue;
    }
    const auto most = std::min(kMostTogether, session_->most_bytes() / 2);
    std::size_t fitting = 0, bytes = 0;
    const auto width = width_of(events.front());
    while (fitting < events.size() && !has_key(events[fitting]) &&
           width_of(events[fitting]) == width && (fitting == 0 || bytes < most))
      bytes += size_of(*events[fitting++].message) + kRoomInARow;
    if (bytes > most && fitting > 1) --fitting;
    const auto count = *std::find_if(std::begin(kRowSizes), std::end(kRowSizes),
                                     [fitting](std::size_t size) { return size <= fitting; });
    if (auto inserted = insert_some(events.first(count)); !inserted) return inserted;
    events = events.subspan(count);
  }
  return {};
}

Result<void> QueueTables::insert_some(std::span<const NewEvent> events) {
  std::vector<Value> values;
  std::deque<std::string> kept;
  const auto width = width_of(events.front());
  for (const auto& event : events) append_values(event, width, values, kept);
  const auto inserted = session_->run(insert_statement(dialect_, width, events.size()), values);
  return inserted ? Result<void>() : inserted.error();
}

// Two that ask for it at the same time: the unique index refuses one, which then tries again.
Result<void> QueueTables::insert_with_key(NewEvent event) {
  const auto& unique = event.message->unique;
  auto holder = take_key(*event.message);
  if (!holder) return holder.error();
  if (!holder->empty() && unique.is_asked) {
    session_->set_trouble(Trouble::Refused);
    return already_there(unique.key, std::move(*holder));
  }
  event.has_no_key = !holder->empty();
  return insert_some({&event, 1});
}

// Its own copy, or an event whose time is over, lets go of the key. Returns who has it then.
Result<std::string> QueueTables::take_key(const Message& message) {
  const auto key = clean_text(message.unique.key);
  const auto let_go = session_->with(
      fmt::format("UPDATE {} SET unique_key = NULL WHERE unique_key = ? AND (id = ? OR"
                  " unique_until_ms BETWEEN 1 AND {})",
                  dialect_.events, dialect_.now_ms),
      key, message.id);
  if (!let_go) return let_go.error();
  const auto found = session_->with(
      fmt::format("SELECT id FROM {} WHERE unique_key = ? FOR UPDATE", dialect_.events), key);
  if (!found) return found.error();
  return found->rows() > 0 ? std::string(found->text(0, 0)) : std::string();
}

}  // namespace action::sql
