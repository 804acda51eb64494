// What waits in a queue file. What is taken is in hand of an owner, as a poller's would be, so
// pollers that run meanwhile do not take it too.
#include "broker/sqlite/sqlite_backlog.hpp"

#include "broker/sqlite/owner.hpp"
#include "client/sqlite/message_row.hpp"

namespace actiond {
namespace {

using action::QueueFile;
using action::Statement;

constexpr char kReadBacklog[] =
    "SELECT seq, (SELECT name FROM queues WHERE queues.id = events.queue) AS full_name, is_later,"
    " due_ms, " ACTION_MESSAGE_COLUMNS
    " FROM events"
    " WHERE owner IS NULL AND seq > ? AND full_name GLOB ? ORDER BY seq LIMIT ?";

class SqliteBacklog : public Backlog {
 public:
  SqliteBacklog(std::unique_ptr<QueueFile> file, Owner owner, const std::string& application)
      : file_(std::move(file)),
        owner_(owner),
        prefix_(application + "."),
        read_(file_->database(), kReadBacklog),
        own_(file_->database(), "UPDATE events SET owner = ?, owned_since_ms = 0 WHERE seq = ?"),
        remove_(file_->database(), "DELETE FROM events WHERE seq = ? AND owner = ?") {}

  Result<std::vector<Waiting>> take(std::size_t most) override {
    std::vector<Waiting> taken;
    const auto done = file_->transaction(QueueFile::Outlives::Kill, [&]() -> Result<void> {
      if (auto read = this->read(most, taken); !read) return read;
      for (const auto& each : taken)
        if (auto owned = own_.run(owner_.id(), static_cast<std::int64_t>(each.tag)); !owned)
          return owned;
      return {};
    });
    if (!done) return done.error();
    return taken;
  }

  Result<void> remove(const std::vector<Waiting>& stored) override {
    return file_->transaction(QueueFile::Outlives::PowerLoss, [&]() -> Result<void> {
      for (const auto& each : stored)
        if (auto removed = remove_.run(static_cast<std::int64_t>(each.tag), owner_.id()); !removed)
          return removed;
      return {};
    });
  }

  Result<void> close() override { return owner_.leave(); }

 private:
  Result<void> read(std::size_t most, std::vector<Waiting>& taken) {
    const std::string pattern = prefix_ + "*";
    for (read_.with(last_seq_, pattern, static_cast<std::int64_t>(most));;) {
      const auto row = read_.step();
      if (!row) return row.error();
      if (!*row) return {};
      Waiting& waiting = taken.emplace_back();
      last_seq_ = read_.number(0);
      waiting.tag = static_cast<std::uint64_t>(last_seq_);
      waiting.queue = read_.text(1).substr(prefix_.size());
      if (read_.number(2) != 0) waiting.due_at_ms = read_.number(3);
      action::read_message(read_, 4, waiting.message);
    }
  }

  std::unique_ptr<QueueFile> file_;
  Owner owner_;
  std::string prefix_;
  Statement read_, own_, remove_;
  std::int64_t last_seq_ = 0;
};

}  // namespace

Result<std::unique_ptr<Backlog>> open_sqlite_backlog(const action::Link::Target& target,
                                                     std::chrono::milliseconds timeout) {
  auto file = QueueFile::open(target.queue_file, timeout);
  if (!file) return file.error();
  auto owner = Owner::enter(**file, target.name);
  if (!owner) return owner.error();
  if (auto buried = owner->bury_dead(); !buried) return buried.error();
  return std::unique_ptr<Backlog>(
      new SqliteBacklog(std::move(*file), *owner, target.topology.application));
}

}  // namespace actiond
