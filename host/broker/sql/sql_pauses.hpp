// Pauses in a database: a row of its table `pauses` for each queue that is paused.
#pragma once

#include <string>
#include <vector>

#include "broker/pauses.hpp"
#include "client/link.hpp"
#include "client/sql/queue_tables.hpp"

namespace actiond {

// Which of these queues are paused. The tables must keep pauses.
Result<std::vector<bool>> are_paused_in_database(action::sql::QueueTables& tables,
                                                 const std::vector<std::string>& queues);
// By whom it is; nothing if it is not.
Result<std::optional<Pause>> pause_in_tables(action::sql::QueueTables& tables,
                                             const std::string& queue);

// See pause_queues and resume_queues.
Result<void> pause_in_database(const action::Link::Target& target,
                               const std::vector<std::string>& queues, const Pause& pause,
                               std::chrono::milliseconds timeout);
Result<std::vector<std::string>> resume_in_database(const action::Link::Target& target,
                                                    const std::vector<std::string>& queues,
                                                    std::chrono::milliseconds timeout);

}  // namespace actiond
