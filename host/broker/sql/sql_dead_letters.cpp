// The dead letters in a database: the events of the queue `dead`.
#include "broker/sql/sql_dead_letters.hpp"

#include <fmt/format.h>

#include <optional>
#include <vector>

#include "client/sql/queue_tables.hpp"

namespace actiond {
namespace {

using action::sql::NewEvent;
using action::sql::QueueTables;

constexpr int kDeadPage = 200;  // read together, and settled in one transaction

// Nothing is in hand while the reader looks: a letter is settled only if it is still there then.
class SqlDeadLetters : public DeadLetters {
 public:
  explicit SqlDeadLetters(std::unique_ptr<QueueTables> tables) : tables_(std::move(tables)) {
    const auto& sql = tables_->dialect();
    where_ = fmt::format(" FROM {} WHERE queue = 'dead' AND state = 0 AND due_ms < {}", sql.events,
                         action::sql::kNeverDue_ms);
    read_ = fmt::format(
        "SELECT seq, due_ms, {} FROM {}{} WHERE queue = 'dead' AND state = 0 AND due_ms <= {}"
        " AND due_ms >= ? AND (due_ms > ? OR seq > ?) ORDER BY due_ms, seq LIMIT ?",
        action::sql::kMessageColumns, sql.events, sql.by_ready, sql.now_ms);
    delete_ = fmt::format("DELETE FROM {} WHERE seq = ? AND queue = 'dead'", sql.events);
  }

  Result<void> count_letters() {
    const auto counted = tables_->session().execute("SELECT COUNT(*)" + where_);
    if (!counted) return counted.error();
    count_ = static_cast<std::size_t>(counted->number(0, 0));
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
    const auto purged = tables_->transaction([&]() -> Result<void> {
      const auto gone = tables_->session().execute("DELETE" + where_);
      if (!gone) return gone.error();
      deleted = static_cast<std::size_t>(gone->changed);
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
    std::string queue;  // requeue there; empty: delete
    Message message;
  };

  Result<std::vector<Letter>> next_page() {
    const auto rows =
        tables_->session().with(read_, last_due_ms_, last_due_ms_, last_seq_, kDeadPage);
    if (!rows) return rows.error();
    std::vector<Letter> page;
    for (std::size_t i = 0; i < rows->rows(); ++i) {
      last_seq_ = rows->number(i, 0);
      last_due_ms_ = rows->number(i, 1);
      action::sql::read_message(*rows, i, 2, page.emplace_back(Letter{last_seq_, {}}).message);
    }
    return page;
  }

  Result<void> show(std::vector<Letter>& page, DeadLetterReader& reader, bool& is_more) {
    std::vector<Decided> decided;
    for (auto& letter : page) {
      is_more = seen_ < count_ && !reader.has_enough();
      if (!is_more) break;
      ++seen_;
      std::string queue;
      const Fate fate = reader.take(letter.message, queue);
      if (fate == Fate::Keep) continue;
      if (fate == Fate::Delete) queue.clear();
      decided.push_back({letter.seq, std::move(queue), std::move(letter.message)});
    }
    return decided.empty() ? Result<void>() : settle(decided, reader);
  }

  Result<void> settle(const std::vector<Decided>& decided, DeadLetterReader& reader) {
    for (const auto& each : decided)
      if (!each.queue.empty())
        if (auto added = tables_->add_queue(each.queue); !added) return added;
    std::size_t requeued = 0;
    auto settled = tables_->transaction([&]() -> Result<void> {
      requeued = 0;
      for (const auto& each : decided) {
        const auto gone = tables_->session().with(delete_, each.seq);
        if (!gone) return gone.error();
        if (each.queue.empty() || gone->changed == 0) continue;
        const NewEvent event{each.queue, &each.message};
        if (auto inserted = tables_->insert({&event, 1}); !inserted) return inserted;
        ++requeued;
      }
      return {};
    });
    if (!settled) return settled;
    for (std::size_t i = 0; i < requeued; ++i) reader.on_requeued();
    if (requeued > 0) tables_->bell().ring();
    return {};
  }

  std::unique_ptr<QueueTables> tables_;
  std::string where_, read_, delete_;
  std::size_t count_ = 0;
  std::size_t seen_ = 0;
  std::int64_t last_due_ms_ = 0, last_seq_ = 0;  // of what was shown
};

}  // namespace

Result<std::unique_ptr<DeadLetters>> open_sql_dead_letters(const action::Link::Target& target,
                                                           std::chrono::milliseconds timeout) {
  auto tables = QueueTables::open(target.database, target.topology.application, target.name,
                                  timeout, timeout);
  if (!tables) return tables.error();
  auto letters = std::make_unique<SqlDeadLetters>(std::move(*tables));
  if (auto counted = letters->count_letters(); !counted) return counted.error();
  return std::unique_ptr<DeadLetters>(std::move(letters));
}

}  // namespace actiond
