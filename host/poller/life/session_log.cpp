#include "poller/life/session_log.hpp"

#include <algorithm>
#include <utility>

namespace actiond {

void SessionLog::outage(const std::string& problem, std::string_view next) {
  queue_problems_.clear();  // the next connection tells them anew
  if (std::exchange(outage_, problem) != problem) log_.error("{}: {}", problem, next);
}

void SessionLog::is_back(const std::string& broker) {
  if (!std::exchange(outage_, "").empty()) log_.info("the broker {} is back", broker);
}

void SessionLog::remarks(const std::vector<std::string>& remarks) {
  for (const auto& remark : remarks)
    if (remarks_.insert(remark).second) log_.warning("{}", remark);
}

void SessionLog::queue_problems(const std::vector<std::string>& problems) {
  const auto before = std::exchange(queue_problems_, problems);
  for (const auto& problem : problems)
    if (std::find(before.begin(), before.end(), problem) == before.end())
      log_.warning("{}", problem);
  if (problems.empty() && !before.empty()) log_.info("all queues are consumed again");
}

void SessionLog::tended(const Result<std::vector<std::string>>& tended) {
  const std::string problem = tended ? "" : tended.error().text;
  if (std::exchange(tend_problem_, problem) != problem && !problem.empty())
    log_.warning("can't check the broker's queues: {}", problem);
  if (!tended) return;
  for (const auto& loss : *tended) log_.warning("{}", loss);
}

void SessionLog::unheard(const std::string& why) {
  log_.warning(
      "the broker may not have heard what became of the last events, so it may offer them again: "
      "{}",
      why);
}

}  // namespace actiond
