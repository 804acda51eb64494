// A poller's look at the queues that keep the pauses, on a channel of its own: asks about one after
// the other by passive declarations, and never waits for the answers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/broker.hpp"
#include "client/rabbitmq/connection.hpp"

namespace actiond {

class PauseChannel {
 public:
  // `number` is open on the connection, which must outlive this. `are_paused`: as they were found,
  // or nothing where that is not known. `type`: of the queues.
  PauseChannel(action::Connection& connection, amqp_channel_t number, action::QueueType type,
               std::vector<std::string> pause_queues,
               const std::vector<std::optional<bool>>& are_paused);

  // Asks about all of them; if that is under way, once more after it. `is_told`: somebody says that
  // it has changed.
  Result<void> ask(bool is_told);
  // A frame of this channel. Tells the listener what has changed.
  Result<void> take(const amqp_frame_t& frame, BrokerListener& listener);

  std::optional<bool> is_paused(QueueIndex queue) const { return queues_[queue].is_paused; }
  // The queues may have been made anew.
  void look_at_all();

 private:
  struct Queue {
    std::string name;
    std::optional<bool> is_paused;  // nothing: not known yet
    int empty_looks = 0;            // in a row
    bool was_gone = false;          // when it was last looked at
    int rests = 0;                  // looks to be left out: there is no such queue
  };
  Result<void> ask_next();
  Result<void> take_close(const amqp_method_t& method, BrokerListener& listener);
  Result<void> found(bool has_message, int enough, BrokerListener& listener);

  action::Connection& connection_;
  amqp_channel_t number_;
  std::vector<Queue> queues_;
  QueueIndex asked_;  // about which one now; behind the last: none
  bool is_to_ask_again_ = false;
  bool is_told_ = false;
  int enough_untold_;  // looks that find it empty, and nobody says that it was resumed
};

}  // namespace actiond
