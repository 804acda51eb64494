// What the poller answers on its control socket.
#include <unistd.h>

#include <filesystem>

#include "base/duration.hpp"
#include "poller/poller.hpp"

namespace actiond {
namespace {

nlohmann::json in_hand_json(const Delivery& delivery, std::chrono::nanoseconds run_time) {
  return {{"event", delivery.message.event},
          {"id", delivery.message.id},
          {"queue", delivery.queue_name},
          {"attempt", delivery.message.trail.attempt},
          {"for_ms", run_time / std::chrono::milliseconds(1)}};
}

}  // namespace

// {"command": "status"} answers status(); {"command": "rollback"} begins to go back to the plugin
// set before this one and answers which that is; {"command": "stop", "timeout_ms": 30000, "now":
// false} begins to stop and answers at once.
nlohmann::json Poller::on_request(const nlohmann::json& request) {
  const std::string command = request.value("command", "");
  if (command == "status") return status();
  if (command == "rollback") return on_rollback();
  if (command != "stop")
    return {{"error", "unknown command '" + command + "': there are status, stop and rollback"}};
  const auto timeout = stop_timeout(request, config_.shutdown_timeout);
  if (!timeout) return {{"error", timeout.error().text}};
  if (request.value("now", false))
    leave_now("told to stop now");
  else
    leave("told to stop", *timeout);
  return {{"ok", true}};
}

nlohmann::json Poller::on_rollback() {
  if (state_ != State::Working)
    return {{"error", std::string("it is ") + state_text() + ": try again when it works"}};
  auto set = go_back("the plugin set " + snapshot_.hash + " was rolled back by hand");
  if (!set) return {{"error", set.error().text}};
  return {{"ok", true}, {"to", *set}};
}

// The first of what keeps it from its work, or from changing.
const std::string& Poller::first_problem() const {
  if (!problem_.empty()) return problem_;
  return runner_problem_.empty() ? reload_problem_ : runner_problem_;
}

nlohmann::json Poller::status() const {
  nlohmann::json in_hand = nlohmann::json::array();
  nlohmann::json runners = nlohmann::json::array();
  for (const auto& place : places_) {
    if (!place.slot.is_alive()) continue;
    runners.push_back(place.slot.process().pid());
    if (const Delivery* delivery = place.slot.in_hand())
      in_hand.push_back(in_hand_json(*delivery, place.slot.run_time(monotonic_now())));
  }
  nlohmann::json plugins = nlohmann::json::array();
  for (const auto& plugin : plugins_.plugins)
    plugins.push_back({{"name", plugin.name},
                       {"version", plugin.version},
                       {"file", plugin.file},
                       {"hash", plugin.hash}});
  return {{"id", options_.id ? nlohmann::json(*options_.id) : nlohmann::json()},
          {"pid", ::getpid()},
          {"state", state_text()},
          {"problem", first_problem()},
          {"in_hand", in_hand},
          {"done", journal_.counts().done},
          {"failed", journal_.counts().failed},
          {"dead", journal_.counts().dead},
          {"up_since_ms", up_since_ms_},
          {"up_since", format_rfc3339(up_since_ms_)},
          {"broker", broker_ ? nlohmann::json(broker_->name()) : nlohmann::json()},
          {"application", config_.application},
          {"queues", config_.queues_to_consume()},
          {"concurrency", config_.concurrency},
          {"runners", runners},
          {"plugin_set", snapshot_.hash},
          {"reload",
           {{"is_underway", !going_back_to_.empty() || successor_}, {"problem", reload_problem_}}},
          {"plugins", plugins}};
}

const char* Poller::state_text() const {
  switch (state_) {
    case State::Loading:
      return "loading";
    case State::Connecting:
      return "waiting for the broker";
    case State::Working:
      if (broker_ && broker_->is_blocked()) return "blocked by the broker";
      return is_any_busy() ? "working" : "idle";
    case State::Leaving:
      return "leaving";
    case State::Gone:
      return "gone";
  }
  return "?";
}

}  // namespace actiond
