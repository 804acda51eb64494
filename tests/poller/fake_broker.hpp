// A broker that remembers what it was told. Its replies are the test's to give.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/broker.hpp"

class FakeBroker final : public actiond::Broker {
 public:
  std::vector<std::string> said;  // "consume 0 16", "ack 1 5", "publish high event", …
  bool blocked = false;           // by an alarm
  bool is_congested = false;      // much waits to be sent
  bool hears_goodbye = true;
  std::vector<int> wakes_by;
  int looks = 0;
  int told_looks = 0;
  int pause_looks = 0;
  std::vector<std::size_t> skipped;       // of descriptors, by the next look
  actiond::Message stored;                // the last that was published
  std::optional<actiond::Error> refusal;  // of every publication, before it is sent
  std::optional<std::vector<std::string>> queue_problems;  // to be told once
  std::set<actiond::QueueIndex> paused;
  bool tells_pauses = true;
  actiond::FleetLink* link = nullptr;
  bool is_lost = false;  // the connection: reading, consuming and flushing fail
  std::function<void(actiond::BrokerListener&)> tells;  // with the next look, once
  std::function<void()> on_goodbye = [] {};

  std::vector<std::string> take() { return std::exchange(said, {}); }

  std::vector<int> descriptors() const override { return wakes_by; }
  bool is_quiet_until_readable() const override { return !wakes_by.empty(); }
  bool can_wait(std::size_t descriptor) const override { return descriptor == 0; }
  void skip(std::size_t descriptor) override { skipped.push_back(descriptor); }
  std::chrono::milliseconds heartbeat() const override { return std::chrono::seconds(10); }
  std::string name() const override { return "fake"; }
  actiond::Result<void> receive(actiond::BrokerListener& listener) override {
    ++looks;
    if (tells) std::exchange(tells, nullptr)(listener);
    return alive();
  }
  std::optional<std::vector<std::string>> take_queue_problems() override {
    return std::exchange(queue_problems, std::nullopt);
  }
  actiond::Result<void> tended() override { return say("tended"); }
  actiond::Result<void> consume(actiond::QueueIndex queue, int prefetch) override {
    if (is_lost) return alive();
    return say("consume {} {}", queue, prefetch);
  }
  actiond::Result<void> cancel(actiond::QueueIndex queue) override {
    return say("cancel {}", queue);
  }
  actiond::Result<void> probe(actiond::QueueIndex queue) override { return say("probe {}", queue); }
  std::optional<bool> is_paused(actiond::QueueIndex queue) const override {
    return tells_pauses ? std::optional(paused.contains(queue)) : std::nullopt;
  }
  actiond::Result<void> look_at_pauses(bool is_told) override {
    ++pause_looks;
    told_looks += is_told;
    return alive();
  }
  actiond::FleetLink* fleet() override { return link; }
  void acknowledge(actiond::QueueIndex queue, std::uint64_t tag, actiond::Handled) override {
    (void)say("ack {} {}", queue, tag).ok();
  }
  actiond::Result<void> give_back(actiond::QueueIndex queue, std::uint64_t tag) override {
    return say("give back {} {}", queue, tag);
  }
  actiond::Result<void> flush() override { return alive(); }
  actiond::Result<std::uint64_t> publish(const std::string& queue,
                                         const actiond::Message& message) override {
    stored = message;
    return numbered("publish {} {}", queue, message.event);
  }
  actiond::Result<std::uint64_t> publish_dead(const actiond::Message& message) override {
    stored = message;
    return numbered("dead {} {}", message.event, message.trail.error);
  }
  actiond::Result<std::uint64_t> publish_later(const std::string& queue,
                                               const actiond::Message& message,
                                               std::chrono::milliseconds delay) override {
    stored = message;
    return numbered("later {} {} {}", queue, message.event, delay.count());
  }
  bool is_blocked() const override { return blocked || is_congested; }
  bool is_in_alarm() const override { return blocked; }
  actiond::Result<void> close() override { return {}; }
  actiond::Result<void> begin_close() override {
    on_goodbye();
    return say("goodbye");
  }
  bool is_closed() const override { return hears_goodbye; }

 private:
  actiond::Result<void> alive() const {
    if (is_lost) return actiond::Error{"the connection is lost"};
    return {};
  }
  template <typename... Args>
  actiond::Result<void> say(fmt::format_string<Args...> format, Args&&... args) {
    said.push_back(fmt::format(format, std::forward<Args>(args)...));
    return {};
  }
  template <typename... Args>
  actiond::Result<std::uint64_t> numbered(fmt::format_string<Args...> format, Args&&... args) {
    if (refusal) return *refusal;
    said.push_back(fmt::format(format, std::forward<Args>(args)...));
    return ++published_;
  }
  std::uint64_t published_ = 0;
};
