#include "broker/rabbitmq/late_answers.hpp"

namespace actiond {
namespace {

// What is to come again comes within seconds, or never.
constexpr std::chrono::minutes kRemembered{10};

}  // namespace

void LateAnswers::await(std::uint64_t number, const std::string& id) {
  if (id.empty()) return;
  ids_[number] = id;
  awaited_[id] = number;
}

void LateAnswers::settle(std::uint64_t number, bool is_taken, Time now) {
  const auto known = ids_.find(number);
  if (known == ids_.end()) return;
  if (is_taken) taken_[known->second] = now;
  awaited_.erase(known->second);
  ids_.erase(known);
}

LateAnswers::Known LateAnswers::ask(const std::string& id) {
  if (taken_.erase(id) > 0) return Known::Taken;
  return awaited_.contains(id) ? Known::Awaited : Known::No;
}

void LateAnswers::forget(Time now) {
  std::erase_if(taken_, [now](const auto& each) { return now - each.second > kRemembered; });
}

}  // namespace actiond
