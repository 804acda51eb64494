#include "broker/sql/sql_lease.hpp"

#include <fmt/format.h>

#include "client/sql/queue_tables.hpp"

namespace actiond {
namespace {

using action::sql::QueueTables;

class SqlLease : public Lease {
 public:
  SqlLease(std::unique_ptr<QueueTables> tables, Obey obey)
      : tables_(std::move(tables)), obey_(std::move(obey)) {
    const auto& lease = tables_->dialect().lease;
    read_ = fmt::format("SELECT state FROM {} WHERE id = 1", lease);
    write_ = fmt::format("UPDATE {} SET state = ? WHERE id = 1", lease);
  }

  // Its row; somebody else may make it at the same time.
  Result<void> make() {
    const auto found = tables_->session().execute(read_);
    if (!found) return found.error();
    if (found->rows() > 0) return {};
    const auto added = tables_->session().execute(
        fmt::format("INSERT INTO {} (id, state) VALUES (1, '')", tables_->dialect().lease));
    const auto there = tables_->session().execute(read_);
    if (there && there->rows() > 0) return {};
    return added ? there.error() : added.error();
  }

  // Nobody's lock is asked for while there is nothing to do.
  Result<bool> turn(const Work& work) override {
    const auto seen = look();
    if (!seen) return seen.error();
    const auto wanted = work(**seen);
    if (!wanted) return wanted.error();
    if (!*wanted) return true;
    const auto done = change([&](const std::string& state) -> Result<std::optional<std::string>> {
      const auto step = work(state);
      if (!step) return step.error();
      if (!*step) return std::optional<std::string>();
      if (auto stored = store(**step); !stored) return stored.error();
      return std::optional((*step)->state);
    });
    if (!done) return done.error();
    tables_->bell().ring();
    return true;
  }

  Result<void> send_order(const std::string& order) override {
    return change([&](const std::string& state) -> Result<std::optional<std::string>> {
      return std::optional(obey_(state, order));
    });
  }

  Result<std::optional<std::string>> look() override {
    const auto found = tables_->session().execute(read_);
    if (!found) return found.error();
    return std::optional(found->rows() > 0 ? std::string(found->text(0, 0)) : std::string());
  }

 private:
  // Within a transaction; none: nothing is to change.
  template <typename Change>
  Result<void> change(const Change& next) {
    return tables_->transaction([&]() -> Result<void> {
      const auto locked = tables_->session().execute(read_ + " FOR UPDATE");
      if (!locked) return locked.error();
      const auto state = next(locked->rows() > 0 ? std::string(locked->text(0, 0)) : "");
      if (!state) return state.error();
      if (!*state) return {};
      const auto written = tables_->session().with(write_, **state);
      return written ? Result<void>() : written.error();
    });
  }

  Result<void> store(const LeaseStep& step) {
    std::vector<action::sql::NewEvent> events;
    for (const auto& event : step.events) {
      if (auto added = tables_->add_queue(event.queue); !added) return added;
      events.push_back({event.queue, &event.message, 0});
    }
    return tables_->insert(events);
  }

  std::unique_ptr<QueueTables> tables_;
  Obey obey_;
  std::string read_, write_;
};

}  // namespace

Result<std::unique_ptr<Lease>> open_sql_lease(const action::Link::Target& target, Obey obey,
                                              std::chrono::milliseconds timeout) {
  auto tables = QueueTables::open(target.database, target.topology.application, target.name,
                                  timeout, timeout);
  if (!tables) return tables.error();
  for (const auto& setting : (*tables)->dialect().owner_settings)  // it is idle for seconds as well
    if (const auto set = (*tables)->session().execute(setting); !set) return set.error();
  auto lease = std::make_unique<SqlLease>(std::move(*tables), std::move(obey));
  if (auto made = lease->make(); !made) return made.error();
  return std::unique_ptr<Lease>(std::move(lease));
}

}  // namespace actiond
