// What the verbs look for among the dead letters, and what they do with what they find.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "answers/dead_json.hpp"
#include "broker/dead_letters.hpp"

namespace actiond {

// For a command: `open_dead_letters` with its name and the time that people wait.
Result<std::unique_ptr<DeadLetters>> reach_dead_letters(const Config& config);

// Looks for one. Fails if there is none of that id.
Result<Message> find_dead_letter(const Config& config, const std::string& id);

// The sentence for an id that no dead letter has.
Error unknown_dead_letter(const std::string& id);

// Gathers what a list shows, without bodies: the oldest, in whatever order they come.
class DeadLister : public DeadLetterReader {
 public:
  // Of all events if `event` is empty; at most `limit` of them, 0: all.
  DeadLister(std::string event, std::size_t limit) : limit_(limit) {
    list_.event = std::move(event);
  }
  Fate take(Message& letter, std::string& queue) override;
  // `total`: how many dead letters there are.
  DeadList finish(std::size_t total);

 private:
  std::size_t limit_;
  DeadList list_;
  std::multimap<std::int64_t, Message> oldest_;  // by the time of the last failure
};

// Which dead letters a verb is to change.
struct DeadSelection {
  std::vector<std::string> ids;
  std::string event;
  bool is_all = false;
  std::function<bool(const Message&)> matches = {};  // or else what this says; it may be empty
};

// Knows which letters are selected, and which of the ids it has not met.
class DeadSelector : public DeadLetterReader {
 public:
  explicit DeadSelector(DeadSelection selection) : selection_(std::move(selection)) {}
  // In the order in which they were given, each once.
  std::vector<std::string> unknown_ids() const;

 protected:
  bool selects(const Message& letter);

 private:
  DeadSelection selection_;
  std::set<std::string> met_;
};

// Puts the selected ones back into work queues, as if they had never failed.
class DeadRetry : public DeadSelector {
 public:
  // `config` must outlive it.
  DeadRetry(const Config& config, DeadSelection selection)
      : DeadSelector(std::move(selection)), config_(config) {}
  Fate take(Message& letter, std::string& queue) override;
  void on_requeued() override { ++retried_; }
  void on_refused(const std::string& why) override;

  std::size_t retried() const { return retried_; }
  // How many the broker did not take, and why the first of them.
  std::size_t refused() const { return refused_; }
  const std::string& refusal() const { return refusal_; }
  // The ids (they may be empty) of those that are no events.
  const std::vector<std::string>& malformed() const { return malformed_; }

 private:
  const Config& config_;
  std::size_t retried_ = 0;
  std::size_t refused_ = 0;
  std::string refusal_;
  std::vector<std::string> malformed_;
};

class DeadDelete : public DeadSelector {
 public:
  using DeadSelector::DeadSelector;
  Fate take(Message& letter, std::string& queue) override;
  std::size_t deleted() const { return deleted_; }

 private:
  std::size_t deleted_ = 0;
};

}  // namespace actiond
