// What this poller is to those on other machines: it says hello now and then, signs the roster, and
// answers what it is asked, if that is for others to ask.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/config/remote_config.hpp"
#include "base/log.hpp"
#include "broker/broker.hpp"
#include "broker/fleet.hpp"
#include "poller/face/remote_desk.hpp"
#include "poller/timer.hpp"

namespace actiond {

class FleetVoice {
 public:
  struct Answers {
    // As the control socket has them.
    std::function<nlohmann::json(const nlohmann::json& request)> answer;
    // What it says of itself, beside its name.
    std::function<nlohmann::json()> hello;
    // Somebody has paused a queue, or resumed one.
    std::function<void()> on_pauses;
    std::string application{};  // whose pollers these are: commands to others' are none to it
  };
  // The references must outlive it.
  FleetVoice(Clock& clock, const RemoteConfig& config, Log& log, PollerName name, Answers answers);

  // A broker is there, or is gone.
  void connected(Broker& broker);
  void lost();
  // Answers what has come: once a turn of the loop.
  void answer();
  // It has left: nobody is to miss it. Ends what it says.
  void end();

 private:
  void begin();
  void refused();
  void greet();
  nlohmann::json hello() const;
  nlohmann::json answer_to(const FleetRequest& request);
  nlohmann::json answer_of(const nlohmann::json& request) const;
  void log_refusal(const Error& why);

  Clock& clock_;
  const RemoteConfig& config_;
  Log& log_;
  PollerName name_;
  Answers answers_;
  RemoteDesk desk_;
  std::unique_ptr<Timer> timer_;
  FleetLink* link_ = nullptr;
  bool has_greeted_ = false;  // over this link
  bool is_refused_ = false;   // and tries again later
  bool is_on_trial_ = false;  // after that: nothing has refused its hello yet
  std::chrono::seconds until_join_{0};
  int greetings_ = 0;
  std::string problem_;  // the last that was logged
  MonotonicTime refused_since_{};
  int refused_ = 0;  // since then
};

}  // namespace actiond
