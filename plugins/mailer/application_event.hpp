// What all events of this application have in common.
#pragma once

#include <action/event.hpp>
#include <chrono>

class ApplicationEvent : public action::Event {
 public:
  static constexpr action::Options options{.attempts = 10, .timeout = std::chrono::minutes(1)};

  ApplicationEvent() {
    before_filter(&ApplicationEvent::require_account);
    after_filter(&ApplicationEvent::say_how_long_it_took);
  }

 protected:
  // Nobody to work for is no error: the event ends here.
  bool require_account() {
    if (params().contains("account_id")) return true;
    log(Level::Warning, "no account_id, nothing to do");
    return false;
  }

 private:
  void say_how_long_it_took() {
    const auto took = std::chrono::steady_clock::now() - started_at_;
    log("took {} ms", std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
  }

  std::chrono::steady_clock::time_point started_at_ = std::chrono::steady_clock::now();
};
