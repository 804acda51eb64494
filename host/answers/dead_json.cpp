#include "answers/dead_json.hpp"

#include "base/json_object.hpp"

namespace actiond {
namespace {

using nlohmann::json;

json brief_json(const Message& letter) {
  return {{"id", letter.id},
          {"event", letter.event},
          {"queue", letter.trail.queue},
          {"attempts", letter.trail.attempt},
          {"failed_at_ms", letter.trail.failed_at_ms},
          {"error", letter.trail.error}};
}

}  // namespace

json dead_list_json(const DeadList& list) {
  json letters = json::array();
  for (const auto& letter : list.letters) letters.push_back(brief_json(letter));
  json all{{"total", list.total}, {"shown", list.letters.size()}, {"letters", std::move(letters)}};
  if (!list.event.empty()) all["matching"] = list.matching;
  return all;
}

json dead_letter_json(const Message& letter) {
  const auto& trail = letter.trail;
  json all = brief_json(letter);
  all.update({{"queued_at_ms", letter.enqueued_at_s * 1000},
              {"first_failed_at_ms", trail.first_failed_at_ms},
              {"poller", trail.poller},
              {"plugin", trail.plugin},
              {"backtrace", trail.backtrace}});
  if (!trail.left_out.empty()) all["left_out"] = trail.left_out;
  const bool has_params = !is_too_deep(letter.body);
  auto params =
      has_params ? json::parse(letter.body.empty() ? "{}" : letter.body, nullptr, false) : json();
  if (params.is_object())
    all["params"] = std::move(params);
  else
    all["body"] = letter.body;
  return all;
}

}  // namespace actiond
