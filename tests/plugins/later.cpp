// Queues the event "stamp" with its own params: "later" in params "ms" milliseconds, or with params
// "by": "at", at the time that is then; with params "expires_ms" it expires so long after that.
// "later_of_old" asks for the same from a request that is as old plugins have it. "stamp" appends
// "<params text> <clock>" to the file params "file".
#include <action/event.hpp>
#include <chrono>
#include <cstddef>

#include "append_line.hpp"

class LaterEvent : public action::Event {
 public:
  void process() override {
    const std::chrono::milliseconds delay(params().value("ms", 1000));
    if (params().value("by", "in") == "in")
      queue_action_event("stamp", params(), {.in = delay, .expires = expires()});
    else
      queue_action_event("stamp", params(), {.at = std::chrono::system_clock::now() + delay});
  }

 private:
  std::chrono::milliseconds expires() const {
    return std::chrono::milliseconds(params().value("expires_ms", 0));
  }
};
ACTION_EVENT(LaterEvent)

class LaterOfOldEvent : public action::Event {
 public:
  void process() override {
    const std::string text = params().dump();
    action_request request{};
    request.size = offsetof(action_request, delay_ms);
    request.event = "stamp";
    request.params = text.data();
    request.params_size = text.size();
    request.delay_ms = INT64_MAX;  // not the request's, for all that it says
    const auto* host = action::detail::attached_host;
    if (const char* problem = host->queue_event(host->ctx, &request, nullptr))
      throw std::runtime_error(problem);
  }
};
ACTION_EVENT(LaterOfOldEvent)

class StampEvent : public action::Event {
 public:
  void process() override {
    const auto clock = std::chrono::steady_clock::now().time_since_epoch();
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(clock).count();
    append_line(params().at("file"),
                params().at("text").get<std::string>() + " " + std::to_string(ms));
  }
};
ACTION_EVENT(StampEvent)
