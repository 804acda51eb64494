// What waits in a database. What is taken is in hand of an owner, as a poller's would be, so
// pollers that run meanwhile do not take it too.
#include "broker/sql/sql_backlog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "broker/sql/claims.hpp"
#include "broker/sql/owner.hpp"

namespace actiond {
namespace {

using action::sql::QueueTables;

constexpr std::size_t kBacklogPage = 500;       // read together
constexpr std::int64_t kMostInPage = 32 << 20;  // bytes of params

class SqlBacklog : public Backlog {
 public:
  SqlBacklog(std::unique_ptr<QueueTables> tables, DatabaseOwner owner)
      : tables_(std::move(tables)), owner_(owner), claims_(*tables_, owner_.id()) {
    const auto& sql = tables_->dialect();
    const auto waiting = fmt::format("{} WHERE seq > ? AND state = 0 AND due_ms < {}", sql.events,
                                     action::sql::kNeverDue_ms);
    look_ = fmt::format(
        "SELECT seq, OCTET_LENGTH(params) FROM {} ORDER BY seq LIMIT ? FOR UPDATE SKIP LOCKED",
        waiting);
    read_ = fmt::format(
        "SELECT seq, queue, due_ms, due_ms > {} AS is_later, {} FROM {} AND seq <= ? ORDER BY seq"
        " FOR UPDATE SKIP LOCKED",
        sql.now_ms, action::sql::kMessageColumns, waiting);
  }

  Result<std::vector<Waiting>> take(std::size_t most) override {
    std::vector<Waiting> taken;
    std::int64_t last = last_seq_;
    const auto done = tables_->transaction([&]() -> Result<void> {
      taken.clear();
      last = last_seq_;
      if (auto read = this->read(std::min(most, kBacklogPage), taken, last); !read) return read;
      return claims_.own(seqs_of(taken));
    });
    if (!done) return done.error();
    last_seq_ = last;
    return taken;
  }

  Result<void> remove(const std::vector<Waiting>& stored) override {
    return tables_->transaction([&]() -> Result<void> {
      const auto removed = claims_.acknowledge(seqs_of(stored));
      return removed ? Result<void>() : removed.error();
    });
  }

  Result<void> close() override { return owner_.leave(); }

 private:
  static std::vector<std::int64_t> seqs_of(const std::vector<Waiting>& all) {
    std::vector<std::int64_t> seqs;
    for (const auto& each : all) seqs.push_back(static_cast<std::int64_t>(each.tag));
    return seqs;
  }

  // Behind `last` up to this one: no more than is stored elsewhere in a moment.
  Result<std::int64_t> end_of_page(std::int64_t last, std::size_t most) {
    const auto rows = tables_->session().with(look_, last, most);
    if (!rows) return rows.error();
    std::int64_t end = last, bytes = 0;
    for (std::size_t i = 0; i < rows->rows(); ++i) {
      bytes += rows->number(i, 1);
      if (bytes > kMostInPage && i > 0) break;
      end = rows->number(i, 0);
    }
    return end;
  }

  Result<void> read(std::size_t most, std::vector<Waiting>& taken, std::int64_t& last) {
    const auto end = end_of_page(last, most);
    if (!end) return end.error();
    const auto rows = tables_->session().with(read_, last, *end);
    if (!rows) return rows.error();
    for (std::size_t i = 0; i < rows->rows(); ++i) {
      Waiting& waiting = taken.emplace_back();
      last = rows->number(i, 0);
      waiting.tag = static_cast<std::uint64_t>(last);
      waiting.queue = rows->text(i, 1);
      if (rows->number(i, 3) != 0) waiting.due_at_ms = rows->number(i, 2);
      action::sql::read_message(*rows, i, 4, waiting.message);
    }
    return {};
  }

  std::unique_ptr<QueueTables> tables_;
  DatabaseOwner owner_;
  DatabaseClaims claims_;
  std::string look_, read_;
  std::int64_t last_seq_ = 0;
};

}  // namespace

Result<std::unique_ptr<Backlog>> open_sql_backlog(const action::Link::Target& target,
                                                  std::chrono::milliseconds timeout) {
  auto tables = QueueTables::open(target.database, target.topology.application, target.name,
                                  timeout, timeout);
  if (!tables) return tables.error();
  auto owner = DatabaseOwner::enter(**tables, target.name);
  if (!owner) return owner.error();
  // While the other broker takes a page it is silent. If its machine vanishes nothing but this
  // limit frees the page for others.
  const auto& patient = (*tables)->dialect().late_idle_limit;
  if (const auto set = (*tables)->session().execute(patient); !set) return set.error();
  if (auto buried = owner->bury_dead(); !buried) return buried.error();
  return std::unique_ptr<Backlog>(new SqlBacklog(std::move(*tables), *owner));
}

Result<bool> is_one_database(const action::Link::Target& one, const action::Link::Target& other,
                             std::chrono::milliseconds timeout) {
  std::unique_ptr<QueueTables> tables[2];
  for (const auto* target : {&one, &other}) {
    auto opened = QueueTables::open(target->database, target->topology.application, target->name,
                                    timeout, timeout, QueueTables::Missing::Leave);
    if (!opened) return opened.error();
    tables[target == &other] = std::move(*opened);
  }
  if (tables[0]->dialect().lock_owner != tables[1]->dialect().lock_owner) return false;
  const auto number = -1 - static_cast<std::int64_t>(std::random_device{}() >> 1U);  // no owner's
  for (const auto& each : tables) {
    const auto locked = each->session().with(each->dialect().lock_owner, number);
    if (!locked) return locked.error();
    if (locked->number(0, 0) != 1) return true;
  }
  return false;
}

}  // namespace actiond
