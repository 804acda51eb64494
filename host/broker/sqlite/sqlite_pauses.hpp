// Pauses in a queue file: a row of its table `pauses` for each queue that is paused.
#pragma once

#include <string>
#include <vector>

#include "broker/pauses.hpp"
#include "client/link.hpp"
#include "client/sqlite/queue_file.hpp"

namespace actiond {

// Which of these, full names, are paused.
Result<std::vector<bool>> are_paused_in_file(action::QueueFile& file,
                                             const std::vector<std::string>& full_names);
// By whom it is; nothing if it is not.
Result<std::optional<Pause>> pause_of_queue(action::QueueFile& file, const std::string& full_name);

// See pause_queues and resume_queues.
Result<void> pause_in_file(const action::Link::Target& target,
                           const std::vector<std::string>& queues, const Pause& pause,
                           std::chrono::milliseconds timeout);
Result<std::vector<std::string>> resume_in_file(const action::Link::Target& target,
                                                const std::vector<std::string>& queues,
                                                std::chrono::milliseconds timeout);

}  // namespace actiond
