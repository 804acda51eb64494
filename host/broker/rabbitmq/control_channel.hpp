// A poller's end of the control exchange: what is said to it comes on a channel of the connection
// that consumes, and what it says goes out on a channel of the other one, because a broker in alarm
// reads nothing from one that publishes. Sends methods and never waits for the answers.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "broker/fleet.hpp"
#include "client/rabbitmq/connection.hpp"

namespace actiond {

class ControlChannel final : public FleetLink {
 public:
  struct Channel {
    action::Connection& connection;  // must outlive this
    amqp_channel_t number;           // not open yet
  };

  // `has_room`: may something be published now?
  ControlChannel(Channel hearing, Channel saying, std::string application,
                 std::function<bool()> has_room);

  Result<void> join(const PollerName& name) override;
  bool has_joined() const override { return is_consuming_ && is_saying_open_ && problem_.empty(); }
  const std::string& problem() const override { return problem_; }
  std::vector<FleetRequest> take_requests() override;
  void answer(const FleetRequest& request, const std::string& body) override;
  void say_hello(const std::string& body) override;
  void sign_roster(const std::string& body) override;

  // A frame of the channel on which it hears.
  Result<void> take(const amqp_frame_t& frame);
  // A frame of the connection on which it says something.
  void take_other(const amqp_frame_t& frame);

 private:
  Result<void> declare();
  Result<void> take_method(const amqp_method_t& method);
  Result<void> take_close(const amqp_method_t& method);
  void take_header(const amqp_frame_t& frame);
  void take_body(const amqp_frame_t& frame);
  void deliver();
  void say(std::string_view exchange, std::string_view key, const std::string& body,
           std::string_view correlation_id = {});

  Channel hearing_, saying_;
  std::string application_;
  std::function<bool()> has_room_;
  PollerName name_;
  std::string queue_;
  bool is_hearing_open_ = false, is_saying_open_ = false;  // the channels
  bool is_consuming_ = false;
  std::string problem_;
  std::vector<FleetRequest> requests_;
  FleetRequest coming_;  // is being put together
  std::uint64_t missing_ = 0;
  bool is_too_long_ = false;
};

}  // namespace actiond
