#include "broker/sqlite/sqlite_dead_letters.hpp"

#include <vector>

#include "client/sqlite/message_row.hpp"
#include "client/sqlite/queue_file.hpp"

namespace actiond {
namespace {

using action::QueueFile;
using action::Statement;

constexpr int kPage = 500;  // read together, and settled in one transaction
constexpr std::size_t kMostDeadBytes = 32 << 20;

constexpr char kCount[] = "SELECT count(*) FROM events WHERE queue = ? AND owner IS NULL";
constexpr char kReadDead[] = "SELECT seq, due_ms, " ACTION_MESSAGE_COLUMNS
                             " FROM events WHERE queue = ? AND owner IS NULL AND is_later = 0"
                             " AND (due_ms, seq) > (?, ?) ORDER BY due_ms, seq LIMIT ?";

// Nothing is in hand while the reader looks: a letter is settled only if it is still there then.
class SqliteDeadLetters : public DeadLetters {
 public:
  SqliteDeadLetters(std::unique_ptr<QueueFile> file, action::Topology topology, std::int64_t dead)
      : file_(std::move(file)),
        topology_(std::move(topology)),
        dead_(dead),
        read_(file_->database(), kReadDead),
        delete_(file_->database(), "DELETE FROM events WHERE seq = ? AND queue = ?") {}

  Result<void> count_letters() {
    Statement count(file_->database(), kCount);
    if (auto counted = count.with(dead_).step(); !counted) return counted.error();
    count_ = static_cast<std::size_t>(count.number(0));
    return {};
  }

  std::size_t count() const override { return count_; }

  Result<void> read(DeadLetterReader& reader) override {
    seen_ = 0;
    last_due_ms_ = last_seq_ = 0;
    for (bool is_more = true; is_more;) {
      auto page = next_page();
      if (!page) return page.error();
      is_more = !page->empty();
      if (auto shown = show(*page, reader, is_more); !shown) return shown;
    }
    return {};
  }

  Result<std::size_t> purge() override {
    std::size_t deleted = 0;
    const auto purged = file_->transaction(QueueFile::Outlives::PowerLoss, [&]() -> Result<void> {
      Statement all(file_->database(), "DELETE FROM events WHERE queue = ? AND owner IS NULL");
      if (auto done = all.run(dead_); !done) return done.error();
      deleted = static_cast<std::size_t>(file_->database().changed_rows());
      return {};
    });
    if (!purged) return purged.error();
    return deleted;
  }

 private:
  struct Letter {
    std::int64_t seq;
    Message message;
  };
  struct Decided {
    std::int64_t seq;
    std::optional<std::int64_t> queue;  // requeue there; none: delete
    Message message;
  };

  Result<std::vector<Letter>> next_page() {
    std::vector<Letter> page;
    std::size_t bytes = 0;
    for (read_.with(dead_, last_due_ms_, last_seq_, kPage); bytes < kMostDeadBytes;) {
      const auto row = read_.step();
      if (!row) return row.error();
      if (!*row) return page;
      last_seq_ = read_.number(0);
      last_due_ms_ = read_.number(1);
      action::read_message(read_, 2, page.emplace_back(Letter{last_seq_, {}}).message);
      bytes += page.back().message.body.size();
    }
    read_.reset();
    return page;
  }

  Result<void> show(std::vector<Letter>& page, DeadLetterReader& reader, bool& is_more) {
    std::vector<Decided> decided;
    for (auto& letter : page) {
      is_more = seen_ < count_ && !reader.has_enough();
      if (!is_more) break;
      ++seen_;
      if (auto done = decide(letter, reader, decided); !done) return done;
    }
    return decided.empty() ? Result<void>() : settle(decided, reader);
  }

  Result<void> decide(Letter& letter, DeadLetterReader& reader, std::vector<Decided>& decided) {
    std::string queue;
    const Fate fate = reader.take(letter.message, queue);
    if (fate == Fate::Keep) return {};
    std::optional<std::int64_t> row;
    if (fate == Fate::Requeue) {
      auto found = file_->queue(topology_.queue(queue));
      if (!found) return found.error();
      row = *found;
    }
    decided.push_back({letter.seq, row, std::move(letter.message)});
    return {};
  }

  Result<void> settle(std::vector<Decided>& decided, DeadLetterReader& reader) {
    std::size_t requeued = 0;
    auto settled = file_->transaction(QueueFile::Outlives::PowerLoss, [&]() -> Result<void> {
      for (auto& each : decided) {
        if (auto done = delete_.run(each.seq, dead_); !done) return done;
        if (!each.queue || file_->database().changed_rows() == 0) continue;
        if (auto done = file_->insert(*each.queue, each.message, 0); !done) return done.error();
        ++requeued;
      }
      return {};
    });
    if (!settled) return settled;
    for (std::size_t i = 0; i < requeued; ++i) reader.on_requeued();
    if (requeued > 0) file_->bell().ring();
    return {};
  }

  std::unique_ptr<QueueFile> file_;
  action::Topology topology_;
  std::int64_t dead_;
  Statement read_, delete_;
  std::size_t count_ = 0;
  std::size_t seen_ = 0;
  std::int64_t last_due_ms_ = 0, last_seq_ = 0;  // of what was shown
};

}  // namespace

Result<std::unique_ptr<DeadLetters>> open_sqlite_dead_letters(const action::Link::Target& target,
                                                              std::chrono::milliseconds timeout) {
  auto file = QueueFile::open(target.queue_file, timeout);
  if (!file) return file.error();
  const auto dead = (*file)->queue(target.topology.dead());
  if (!dead) return dead.error();
  auto letters = std::make_unique<SqliteDeadLetters>(std::move(*file), target.topology, *dead);
  if (auto counted = letters->count_letters(); !counted) return counted.error();
  return std::unique_ptr<DeadLetters>(std::move(letters));
}

}  // namespace actiond
