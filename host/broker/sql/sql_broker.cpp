#include "broker/sql/sql_broker.hpp"

#include "broker/sql/database_thread.hpp"
#include "broker/sql/sql_pauses.hpp"
#include "broker/target.hpp"

namespace actiond {
namespace {

using action::sql::QueueTables;

constexpr std::chrono::seconds kAnswerTime{30};  // without a word the server counts as lost

// Those that are consumed, and those that handlers may queue to.
Result<void> add_queues(QueueTables& tables, const Config& config) {
  for (const auto& name : config.queues)
    if (auto added = tables.add_queue(name); !added) return added;
  for (const auto& name : config.queues_to_consume())
    if (auto added = tables.add_queue(name); !added) return added;
  return tables.add_fences();
}

}  // namespace

Result<std::unique_ptr<Broker>> connect_database(const std::string& address, const Config& config,
                                                 const std::string& name,
                                                 std::chrono::milliseconds timeout) {
  if (config.queue_type == QueueType::Quorum) return Error{action::sql::kNoQuorumInDatabase};
  auto tables = QueueTables::open(address, config.application, name, timeout, kAnswerTime);
  if (!tables) return tables.error();
  if (auto added = add_queues(**tables, config); !added) return added.error();
  auto owner = DatabaseOwner::enter(**tables, name);
  if (!owner) return owner.error();
  if (auto buried = owner->bury_dead(); !buried) return buried.error();
  const auto& queues = config.queues_to_consume();
  const auto shown = (*tables)->shown();
  const auto keeps = (*tables)->keeps_pauses(QueueTables::Missing::Make);
  if (!keeps) return keeps.error();
  std::vector<std::string> remarks;
  if (!*keeps) remarks.push_back((*tables)->keeps_no_pauses().text);
  std::optional<std::vector<bool>> paused;
  if (*keeps) {
    auto found = are_paused_in_database(**tables, queues);
    if (!found) return found.error();
    paused = std::move(*found);
  }
  return MailboxBroker::make(
      shown, queues.size(), std::move(remarks),
      [&](Mailbox& mailbox) {
        return std::make_unique<DatabaseThread>(std::move(*tables), *owner, queues, mailbox,
                                                paused);
      },
      paused.value_or(std::vector<bool>(queues.size())));
}

Result<void> make_tables_of_database(const action::Link::Target& target,
                                     std::chrono::milliseconds timeout) {
  const auto tables = QueueTables::open(target.database, target.topology.application, target.name,
                                        timeout, timeout, QueueTables::Missing::MakeEach);
  return tables ? Result<void>() : tables.error();
}

}  // namespace actiond
