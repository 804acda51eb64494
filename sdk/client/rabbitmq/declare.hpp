// The exchange and the queues of an application in RabbitMQ: exchange <application> (direct), a
// queue <application>.<name> for each name, bound by that name, <application>.dead for dead
// letters, and the delay levels (delay.hpp).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "client/rabbitmq/connection.hpp"
#include "client/rabbitmq/steps.hpp"
#include "client/topology.hpp"

namespace action {

// Makes sure that what was chosen exists. What exists is used as it is if its other arguments do no
// harm; arguments by which an event could be lost, and queues that are neither classic nor quorum,
// fail with a sentence that names them. A user who may not configure uses what is there. A queue
// whose node is down is left out, lest it stop work on the others: see reached.
class Declaration {
 public:
  explicit Declaration(Topology topology) : topology_(std::move(topology)) {}

  // First of all looks, before anything is made anew, for the queue of dead letters and those of
  // the delays: where the application was declared before, one that is gone took its events along,
  // and losses() tells of it. Costs no round trip if all are there.
  Declaration& look();
  // Leaves the queue of dead letters as it is if it is gone, for whoever looks next to tell of it.
  Declaration& leave_lost_dead();
  // The exchange, the work queues and the queue of dead letters.
  Declaration& queues();
  // The delay levels, and that they lead to the work queues.
  Declaration& delays();
  // Only the latter, for levels that have been declared.
  Declaration& delay_bindings();

  // As carry_out of steps.hpp: one round trip if all is there. A queue about which the broker says
  // nothing, on this channel and another one, is left out before the connection's timeout is over.
  Result<void> run(Connection& connection, amqp_channel_t& channel);

  // Is there something that was due and had no queue?
  bool has_unroutable() const;
  // The queue of dead letters is gone, and was left so.
  bool is_dead_gone() const { return is_dead_gone_; }
  // Fails if the queue of this full name was left out.
  Result<void> reached(const std::string& queue) const;
  // Some queue, maybe a delay level, was left out because the broker said nothing about it: it will
  // answer on a channel that nobody uses any more.
  bool is_any_unanswered() const { return !unanswered_.empty(); }
  // All work queues were left out because the broker said nothing about any: another node may.
  bool has_no_answers() const;
  // What people should know and is no reason to stop, a sentence each.
  const std::vector<std::string>& remarks() const { return remarks_; }
  // What look() missed, a sentence each; it was made anew.
  const std::vector<std::string>& losses() const { return losses_; }

 private:
  Result<Refused> refused(Step& step, const CloseReason& reason);
  Result<Refused> refused_queue(Step& step, const CloseReason& reason);
  Result<Refused> refused_delay(Step& step, const CloseReason& reason);
  Refused refused_unroutable(Step& step);
  Refused leave_out(const Step& step, const CloseReason& reason);
  Result<std::optional<amqp_channel_t>> on_silence(Connection& connection);
  void leave_unanswered(const std::string& queue);
  Refused refused_look(const Step& step, const CloseReason& reason);
  void look_at_dead();
  void lose_dead();
  void tell_of_gone();
  void skip_all(Purpose purpose);
  void look_at(const Step& step);

  Topology topology_;
  std::vector<Step> steps_;
  std::vector<std::string> remarks_;
  std::vector<std::string> losses_;
  std::vector<std::string> gone_levels_;
  std::map<std::string, std::string> out_of_reach_;  // queues, and why
  std::set<std::string> unanswered_;                 // of those
  bool leaves_lost_dead_ = false;
  bool is_dead_gone_ = false;
  int server_major_ = 0;
};

// The queues alone. After a silence the channel may be of no use.
inline Result<void> declare(Connection& connection, amqp_channel_t channel,
                            const Topology& topology) {
  return Declaration(topology).queues().run(connection, channel);
}

// How many messages are ready in a queue, and how many consumers it has.
struct QueueDepth {
  std::uint32_t messages = 0;
  std::uint32_t consumers = 0;
};
// Fails if the queue does not exist, or the broker can't tell: see is_for_want_of_queue. A quorum
// queue without a leader looks empty. The channel is usable afterwards. Blocks.
Result<QueueDepth> queue_depth(Connection& connection, amqp_channel_t channel,
                               const std::string& queue);

}  // namespace action
