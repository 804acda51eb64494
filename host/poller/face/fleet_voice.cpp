#include "poller/face/fleet_voice.hpp"

#include <algorithm>
#include <utility>

#include "base/json_parts.hpp"
#include "broker/fleet_words.hpp"

namespace actiond {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr auto kHello = 10s;
constexpr auto kJoinAgain = 60s, kLongestUntilJoin = 3600s;
constexpr int kRosterEvery = 6;  // hellos: once a minute
// Whoever may write to the exchange must not fill the log.
constexpr auto kRefusalTime = 60s;
constexpr int kRefusalsLogged = 10;

// Whoever may only write to the broker must not read by this what events hold.
void hide_params(json& answer) {
  for (const char* list : {"in_hand", "failures"})
    if (answer.contains(list) && answer[list].is_array())
      for (auto& each : answer[list])
        for (const char* member : {"params", "error"})
          if (each.is_object()) each.erase(member);
}

}  // namespace

FleetVoice::FleetVoice(Clock& clock, const RemoteConfig& config, Log& log, PollerName name,
                       Answers answers)
    : clock_(clock),
      config_(config),
      log_(log),
      name_(std::move(name)),
      answers_(std::move(answers)),
      desk_(config, answers_.application, wall_now_ms()),
      timer_(clock.timer()) {}

void FleetVoice::connected(Broker& broker) {
  has_greeted_ = is_refused_ = is_on_trial_ = false;
  until_join_ = kJoinAgain;
  greetings_ = 0;
  link_ = config_.allows == Remote::None ? nullptr : broker.fleet();
  if (link_ != nullptr) (void)link_->join(name_).ok();  // lost: receive will say so
}

void FleetVoice::lost() {
  link_ = nullptr;
  timer_->cancel();
}

void FleetVoice::answer() {
  if (link_ == nullptr) return;
  if (!has_greeted_ || !link_->has_joined()) begin();
  for (const auto& request : link_->take_requests()) {
    const auto answer = answer_to(request);
    if (!answer.is_null() && link_ != nullptr) link_->answer(request, dump(answer));
  }
}

void FleetVoice::begin() {
  has_greeted_ = link_->has_joined();
  if (has_greeted_) {
    greet();
    is_on_trial_ = !problem_.empty();
  } else if (!link_->problem().empty() && !is_refused_) {
    refused();
  }
}

// What was refused may be allowed later, or was somebody's mistake.
void FleetVoice::refused() {
  is_refused_ = true;
  is_on_trial_ = false;
  timer_->set(until_join_, [this] {
    is_refused_ = false;
    (void)link_->join(name_).ok();  // lost: receive will say so
  });
  until_join_ = std::min<std::chrono::seconds>(2 * until_join_, kLongestUntilJoin);
  if (std::exchange(problem_, link_->problem()) == link_->problem()) return;
  log_.warning(
      "other machines can't reach this poller, nor see it with --host; its events run as ever: {}",
      problem_);
}

// Who has joined may be refused when it says something: so the first hello is a trial.
void FleetVoice::greet() {
  if (link_ == nullptr) return;
  if (std::exchange(is_on_trial_, false)) {
    log_.info("other machines can reach this poller again");
    problem_.clear();
    until_join_ = kJoinAgain;
  }
  const auto text = dump(hello());
  link_->say_hello(text);
  if (greetings_++ % kRosterEvery == 0) link_->sign_roster(text);
  timer_->set(kHello, [this] { greet(); });
}

json FleetVoice::hello() const {
  auto hello = answers_.hello();
  hello.update(
      {{"host", name_.host}, {"id", name_.id}, {"nonce", name_.nonce}, {"at_ms", wall_now_ms()}});
  return hello;
}

void FleetVoice::end() {
  if (link_ == nullptr) return;
  auto left = hello();
  left["state"] = kHasLeft;
  link_->say_hello(dump(left));
  link_->sign_roster(dump(left));
  lost();
}

// Its members may have any type.
json FleetVoice::answer_of(const json& request) const {
  try {
    return answers_.answer(request);
  } catch (const json::exception& error) {
    return {{"error", std::string("the request can't be understood: ") + error.what()}};
  }
}

// Null: nothing is to be said.
json FleetVoice::answer_to(const FleetRequest& request) {
  json answer;
  const auto order = desk_.judge(request, wall_now_ms());
  if (!order) {
    log_refusal(order.error());
    answer = {{"error", order.error().text}};
  } else if (order->request.value("command", "") == "pauses") {
    answers_.on_pauses();
    return {};
  } else {
    if (order->is_command)
      log_.info("{} says '{}' over the broker", order->by, order->request.value("command", ""));
    answer = answer_of(order->request);
  }
  if (!order || !order->is_trusted) hide_params(answer);
  answer.update({{"host", name_.host}, {"poller", name_.text()}, {"nonce", name_.nonce}});
  return answer;
}

void FleetVoice::log_refusal(const Error& why) {
  const auto now = clock_.now();
  if (refused_ == 0 || now - refused_since_ > kRefusalTime) {
    if (refused_ > kRefusalsLogged)
      log_.warning("{} more of that kind were refused", refused_ - kRefusalsLogged);
    refused_since_ = now;
    refused_ = 0;
  }
  if (++refused_ <= kRefusalsLogged)
    log_.warning("refused what somebody asked over the broker: {}", why.text);
}

}  // namespace actiond
